import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { type KafkaTriggerEvent, triggeredRecords } from '#shared/domain/events/trigger.ts'

/** What the function does with an event. */
export type Answer =
  | Readonly<{ result: unknown }>
  /** It threw, or Lambda ended it. */
  | Readonly<{ thrown: Readonly<{ errorType: string; errorMessage: string }> }>
  /** Lambda refused to run it. */
  | Readonly<{ refused: number; type: string }>

export type Invocation = Readonly<{
  functionName: string
  event: KafkaTriggerEvent
  /** `<topic>-<partition>` of what it holds. */
  partitions: readonly string[]
  /** Text of each value. */
  values: readonly string[]
  bytes: number
}>

/** A server that speaks as much of the Lambda API as `Invoke` needs (API reference, "Invoke"). */
export type FakeLambda = Readonly<{
  url: string
  invocations: readonly Invocation[]
  /** The most invocations at once that held records of one partition. */
  mostAtOnce(): number
  close(): Promise<void>
}>

type Options = Readonly<{
  answer: (invocation: Invocation) => Answer | Promise<Answer>
  /** 0 for a free one. */
  port?: number
  delayMs?: number
}>

const INVOKE = /^\/2015-03-31\/functions\/([^/]+)\/invocations$/

export async function startFakeLambda(options: Options): Promise<FakeLambda> {
  const { answer, port = 0, delayMs = 0 } = options
  const invocations: Invocation[] = []
  const running = new Map<string, number>()
  let most = 0

  async function invoke(invocation: Invocation): Promise<Answer> {
    invocations.push(invocation)
    for (const name of invocation.partitions) {
      const now = (running.get(name) ?? 0) + 1
      running.set(name, now)
      most = Math.max(most, now)
    }
    try {
      if (delayMs > 0) await pause(delayMs)
      return await answer(invocation)
    } finally {
      for (const name of invocation.partitions) running.set(name, (running.get(name) ?? 1) - 1)
    }
  }

  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const functionName = decodeURIComponent(INVOKE.exec(request.url ?? '')?.[1] ?? '')
      const event = JSON.parse(body.toString()) as KafkaTriggerEvent
      const values = triggeredRecords(event).map(({ value }) => Buffer.from(value ?? []).toString())
      const partitions = Object.keys(event.records)
      const bytes = body.length
      void invoke({ functionName, event, partitions, values, bytes }).then((answered) => {
        const { status, headers, text } = written(answered)
        response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
      })
    })
  })
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    invocations,
    mostAtOnce: () => most,
    close: () => closed(server),
  }
}

function written(answer: Answer) {
  if ('refused' in answer) {
    return {
      status: answer.refused,
      headers: { 'x-amzn-errortype': answer.type },
      text: JSON.stringify({ Type: 'User', Message: `refused: ${answer.type}` }),
    }
  }
  if ('thrown' in answer) {
    return {
      status: 200,
      headers: { 'x-amz-function-error': 'Unhandled' },
      text: JSON.stringify(answer.thrown),
    }
  }
  return { status: 200, headers: {}, text: JSON.stringify(answer.result ?? null) }
}

function closed(server: Server): Promise<void> {
  return new Promise((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })
}

import type { Context } from 'aws-lambda'
import { toTriggerEvent } from '#shared/domain/events/trigger.ts'
import { lambdaContext } from './context.ts'
import { unpackRecords } from './pack-records.ts'
import { readAnswer, readHead } from './proxy-answer.ts'
import { proxyEvent } from './proxy-event.ts'
import { isStreaming, ResponseStream } from './response-stream.ts'
import type { Command, HttpCall, Report, WorkerSettings } from './wire.ts'

/** A function's handler, plain or streaming. */
export type Handler = (event: unknown, ...rest: unknown[]) => unknown

type Send = (message: Report, transfer?: ArrayBuffer) => void

/** Runs the commands of the main thread against a handler, side by side. */
export function runtime(handler: Handler, settings: WorkerSettings, report: Send) {
  const streams = new Map<number, ResponseStream>()
  const streaming = isStreaming(handler)

  async function answerHttp(id: number, deadline: number, requestId: string, call: HttpCall) {
    const event = proxyEvent(call, requestId, Date.now(), settings)
    const context = lambdaContext(settings, requestId, deadline)
    if (streaming) return stream(id, event, context)
    const answer = readAnswer(await handler(event, context))
    if (!answer) return reportMalformed(id)
    report(['answer', id, answer.status, answer.headers, answer.body])
  }

  async function stream(id: number, event: unknown, context: Context) {
    const response = new ResponseStream({
      head(prelude) {
        const head = readHead(prelude)
        if (head) report(['head', id, head.status, head.headers])
        else reportMalformed(id)
      },
      chunk: (bytes) => report(['chunk', id, bytes], bytes.buffer as ArrayBuffer),
      malformed: () => reportMalformed(id),
    })
    streams.set(id, response)
    // An aborted stream ends by an error; the invocation's own outcome says all there is to say.
    response.on('error', () => undefined)
    const closed = new Promise<void>((done) => response.once('close', done))
    try {
      await handler(event, response, context)
      if (!response.writableEnded) response.end()
      await closed
      report(['end', id])
    } finally {
      response.destroy()
      streams.delete(id)
    }
  }

  async function answerEvent(id: number, deadline: number, requestId: string, event: unknown) {
    const context = lambdaContext(settings, requestId, deadline)
    report(['result', id, await handler(event, context)])
  }

  function reportMalformed(id: number): void {
    report(['error', id, 'MalformedAnswer', 'the function answered in no form that is known', ''])
  }

  function reportError(id: number, error: unknown): void {
    const { name, message, stack } =
      error instanceof Error ? error : { name: 'Error', message: String(error), stack: '' }
    report(['error', id, name, message, stack ?? ''])
  }

  return function handle(command: Command): void {
    switch (command[0]) {
      case 'http': {
        const [, id, deadline, requestId, call] = command
        answerHttp(id, deadline, requestId, call).catch((error) => reportError(id, error))
        break
      }
      case 'records': {
        const [, id, deadline, requestId, packed] = command
        const event = toTriggerEvent(unpackRecords(packed), packed.source)
        answerEvent(id, deadline, requestId, event).catch((error) => reportError(id, error))
        break
      }
      case 'event': {
        const [, id, deadline, requestId, event] = command
        answerEvent(id, deadline, requestId, event).catch((error) => reportError(id, error))
        break
      }
      case 'abort':
        streams.get(command[1])?.destroy()
        break
      case 'drained':
        streams.get(command[1])?.drained(command[2])
        break
      case 'ping':
        report(['pong'])
        break
    }
  }
}

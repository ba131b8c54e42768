import { setTimeout as pause } from 'node:timers/promises'
import type { InvokeCommand } from '@aws-sdk/client-lambda'
import { describe, expect, it } from 'vitest'
import type { Outcome } from '#local/lambda/outcome.ts'
import { type InvokeClient, lambdaInvoker } from '#local/triggers/lambda-invoker.ts'
import type { LogRecord } from '#shared/ports/event-log.ts'

const source = { eventSource: 'SelfManagedKafka', bootstrapServers: 'b:9092' } as const
const record: LogRecord = {
  ...{ topic: 'hooks.custom', partition: 3, offset: 7, timestamp: 1_000, key: 'k' },
  value: Buffer.from('v'),
  headers: {},
}
const target = { functionName: 'reader', timeoutMs: 1_000, maxConcurrency: 2 }

function clientThat(send: (command: InvokeCommand) => ReturnType<InvokeClient['send']>) {
  const commands: InvokeCommand[] = []
  const client: InvokeClient = {
    send(command) {
      commands.push(command)
      return send(command)
    },
  }
  return { client, commands }
}

describe('invoking through the AWS API', () => {
  it('sends the event of an event source mapping and waits for the answer', async () => {
    const { client, commands } = clientThat(async () => ({ Payload: Buffer.from('null') }))
    const outcome = await lambdaInvoker(client, target).consume([record], source)
    expect(outcome).toEqual({ type: 'result', value: null })
    expect(commands[0]?.input.FunctionName).toBe('reader')
    expect(JSON.parse(String(commands[0]?.input.Payload))).toMatchObject({
      ...source,
      records: { 'hooks.custom-3': [{ offset: 7, value: 'dg==' }] },
    })
  })

  it('tells what became of each invocation', async () => {
    const heard: Outcome[] = []
    const { client } = clientThat(async () => {
      throw Object.assign(new Error('slow down'), { name: 'TooManyRequestsException' })
    })
    const invoker = lambdaInvoker(client, { ...target, heard: (outcome) => heard.push(outcome) })
    await invoker.consume([record], source)
    expect(heard).toEqual([{ type: 'throttled' }])
  })

  it('keeps to the concurrency of the function', async () => {
    let running = 0
    let most = 0
    const { client, commands } = clientThat(async () => {
      running += 1
      most = Math.max(most, running)
      await pause(5)
      running -= 1
      return {}
    })
    const invoker = lambdaInvoker(client, target)
    await Promise.all(Array.from({ length: 7 }, () => invoker.consume([record], source)))
    expect(commands).toHaveLength(7)
    expect(most).toBe(2)
  })

  it('begins nothing for a partition that was taken away while it waited for its turn', async () => {
    const held = Promise.withResolvers<void>()
    const { client, commands } = clientThat(async () => {
      await held.promise
      return {}
    })
    const invoker = lambdaInvoker(client, { ...target, maxConcurrency: 1 })
    const taken = new AbortController()
    const first = invoker.consume([record], source, taken.signal)
    const second = invoker.consume([record], source, taken.signal)
    taken.abort()
    held.resolve()
    expect((await first).type).toBe('result')
    expect(await second).toEqual({ type: 'throttled' })
    expect(commands).toHaveLength(1)
  })
})

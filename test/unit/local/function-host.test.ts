import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type FunctionHosts, functionHosts } from '#local/lambda/function-hosts.ts'
import type { Outcome } from '#local/lambda/outcome.ts'
import { packRecords } from '#local/lambda/pack-records.ts'
import type { FunctionPlan } from '#local/template/functions.ts'

const HANDLER = `
let warm = 0
export const handler = async (event, context) => {
  warm += 1
  switch (event.do) {
    case 'echo': return { event, warm }
    case 'context': return {
      id: context.awsRequestId, name: context.functionName, mb: context.memoryLimitInMB,
      left: (0, context.getRemainingTimeInMillis)(), arn: context.invokedFunctionArn,
    }
    case 'environment': return process.env
    case 'throw': throw Object.assign(new Error('boom'), { name: 'Unavailable' })
    case 'exit': process.exit(3)
    case 'reject': Promise.reject(new Error('nobody waits')); await new Promise(() => {})
    case 'loop': for (;;);
    case 'hang': await new Promise(() => {})
    case 'wait': await new Promise((done) => setTimeout(done, event.ms)); return warm
    case 'print': console.log('{"level":"info","code":"said"}'); return
  }
}`

let folder: string
let hosts: FunctionHosts | undefined
const printed: string[] = []
const events: string[] = []

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'omninode-function-'))
  writeFileSync(join(folder, 'index.mjs'), HANDLER)
  writeFileSync(join(folder, 'broken.mjs'), "throw new Error('no DATABASE_URL')")
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(async () => {
  await hosts?.close()
  hosts = undefined
  printed.length = 0
  events.length = 0
})

function host(changes: Partial<FunctionPlan> = {}) {
  const plan: FunctionPlan = {
    name: 'tested',
    arn: 'arn:aws:lambda:local:000000000000:function:tested',
    folder,
    handler: 'index.handler',
    environment: { GIVEN: 'yes' },
    timeoutMs: 5_000,
    memoryMb: 128,
    maxConcurrency: 10,
    ...changes,
  }
  const system = {
    functions: [plan],
    api: { id: 'api', stage: 'v1', routes: [] },
    mappings: [],
    queueMappings: [],
    schedules: [],
  }
  hosts = functionHosts(system, join(folder, 'cache'), {
    output: (_, text) => printed.push(text),
    event: (_, code) => events.push(code),
  })
  return hosts.of('tested')
}

const value = (outcome: Outcome) => (outcome.type === 'result' ? outcome.value : outcome)

describe('a function in its worker', () => {
  it('is loaded once and stays warm', async () => {
    const tested = host()
    await tested.notify({ do: 'echo' })
    expect(value(await tested.notify({ do: 'echo' }))).toEqual({ event: { do: 'echo' }, warm: 2 })
  })

  it('is given the context of Lambda', async () => {
    const context = value(await host().notify({ do: 'context' })) as Record<string, unknown>
    expect(context).toMatchObject({ name: 'tested', mb: '128' })
    expect(context.arn).toBe('arn:aws:lambda:local:000000000000:function:tested')
    expect(context.id).toMatch(/^[0-9a-f-]{36}$/)
    expect(context.left).toBeGreaterThan(3_000)
    expect(context.left).toBeLessThanOrEqual(5_000)
  })

  it('has the environment of its template and none of ours', async () => {
    process.env.OURS_ALONE = 'secret'
    const environment = value(await host().notify({ do: 'environment' }))
    expect(environment).toMatchObject({ GIVEN: 'yes', AWS_LAMBDA_FUNCTION_NAME: 'tested' })
    expect(environment).not.toHaveProperty('OURS_ALONE')
    expect(environment).not.toHaveProperty('PATH')
  })

  it('reports what its handler threw by name', async () => {
    expect(await host().notify({ do: 'throw' })).toEqual({
      type: 'error',
      errorType: 'Unavailable',
      message: 'boom',
    })
  })

  it.each(['exit', 'reject'])('is replaced after a crash by %s', async (way) => {
    const tested = host()
    expect(await tested.notify({ do: way })).toMatchObject({ type: 'crash', loaded: true })
    await pause(250)
    expect(value(await tested.notify({ do: 'echo' }))).toMatchObject({ warm: 1 })
    expect(events).toContain('function.crashed')
  })

  it.each(['loop', 'hang'])('is replaced after a time-out by a %s', async (way) => {
    const tested = host({ timeoutMs: 400 })
    await tested.warm()
    const started = performance.now()
    expect(await tested.notify({ do: way })).toEqual({ type: 'timeout' })
    expect(performance.now() - started).toBeLessThan(1_500)
    expect(value(await tested.notify({ do: 'echo' }))).toMatchObject({ warm: 1 })
  })

  it('finishes what runs beside an invocation that timed out', async () => {
    const tested = host({ timeoutMs: 600 })
    await tested.warm()
    const hanging = tested.notify({ do: 'hang' })
    await pause(300)
    const beside = tested.notify({ do: 'wait', ms: 500 })
    expect(await hanging).toEqual({ type: 'timeout' })
    expect(value(await beside)).toBe(2)
  })

  it('runs no more invocations at once than it may; triggers wait, requests are refused', async () => {
    const tested = host({ maxConcurrency: 1 })
    const first = tested.notify({ do: 'wait', ms: 200 })
    const second = tested.notify({ do: 'echo' })
    const request = [0, 'GET', '/', [], [], '', null, null] as const
    const refused = await new Promise<Outcome>((settle) => tested.call(request, 1_000, { settle }))
    expect(refused).toEqual({ type: 'throttled' })
    expect(value(await first)).toBe(1)
    expect(value(await second)).toMatchObject({ warm: 2 })
  })

  it('says why it can not be loaded, and is tried again later', async () => {
    const tested = host({ handler: 'broken.handler' })
    await expect(tested.warm()).rejects.toThrow('no DATABASE_URL')
    expect(await tested.notify({ do: 'echo' })).toMatchObject({ type: 'crash', loaded: false })
  })

  it('passes on what it prints', async () => {
    const tested = host()
    await tested.notify({ do: 'print' })
    await pause(100)
    expect(printed.join('')).toBe('{"level":"info","code":"said"}\n')
  })

  it('hands records over in the shape of an event source mapping', async () => {
    const records = [
      {
        topic: 'hooks.custom',
        partition: 3,
        offset: 15,
        timestamp: 1_545_084_650_987,
        key: 'key',
        value: Buffer.from('{"a":1}'),
        headers: { ce_id: 'é', raw: Uint8Array.of(255) },
      },
      {
        topic: 'hooks.custom',
        partition: 3,
        offset: 16,
        timestamp: 1_545_084_650_988,
        key: null,
        value: null,
        headers: {},
      },
    ]
    const source = { eventSource: 'SelfManagedKafka', bootstrapServers: 'b:9092' } as const
    const tested = host({ handler: 'records.handler' })
    writeFileSync(join(folder, 'records.mjs'), 'export const handler = async (event) => event')
    expect(value(await tested.consumePacked(packRecords(records, source)))).toEqual({
      ...source,
      records: {
        'hooks.custom-3': [
          {
            topic: 'hooks.custom',
            partition: 3,
            offset: 15,
            timestamp: 1_545_084_650_987,
            timestampType: 'CREATE_TIME',
            key: Buffer.from('key').toString('base64'),
            value: Buffer.from('{"a":1}').toString('base64'),
            headers: [{ ce_id: [195, 169] }, { raw: [255] }],
          },
          {
            topic: 'hooks.custom',
            partition: 3,
            offset: 16,
            timestamp: 1_545_084_650_988,
            timestampType: 'CREATE_TIME',
            headers: [],
          },
        ],
      },
    })
  })
})

import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { kafkaEventLog } from '#shared/adapters/kafka/event-log.ts'
import { kafkaLogBrowser } from '#shared/adapters/kafka/log-browser.ts'
import { kafkaTopicAdmin } from '#shared/adapters/kafka/topic-admin.ts'
import { fromDeadLetter } from '#shared/domain/dead-letter.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import { aRecord, aTopic, readAll } from '#test/contract/event-log.contract.ts'
import { numbers } from '#test/contract/event-log-consumer.harness.ts'
import { type Answer, type Invocation, startFakeLambda } from '#test/support/fake-lambda.ts'
import { type PollerProcess, stageWith, startPollerProcess } from '#test/support/poller-process.ts'

const brokers = process.env.KAFKA_BROKERS
const SLOW = { timeout: 45_000, interval: 20 }
const FUNCTION = 'reader'
const DONE: Answer = { result: { batchItemFailures: [] } }

type Options = Readonly<{
  partitions?: number
  batchSize?: number
  windowS?: number
  maxRetries?: number
  delayMs?: number
  answer?: (invocation: Invocation) => Answer | Promise<Answer>
}>

/** A topic with its dead letters, a function that answers as told, and pollers between them. */
async function pollingOf(options: Options = {}) {
  const { partitions = 1, answer = () => DONE, delayMs = 0, ...mapping } = options
  const url = `kafka://${brokers}`
  const topic = aTopic(partitions)
  const log = kafkaEventLog(url)
  const browser = kafkaLogBrowser(url)
  const admin = kafkaTopicAdmin(url)
  await admin.apply([topic, { ...topic, name: `dlq.${topic.name}`, partitions: 1 }])
  await admin.close()
  const lambda = await startFakeLambda({ answer, delayMs })
  const group = `${FUNCTION}-${topic.name}`
  const assembly = stageWith({ functionName: FUNCTION, topic: topic.name, group, ...mapping })
  const pollers: PollerProcess[] = []
  onTestFinished(async () => {
    await Promise.all(pollers.map((one) => one.kill()))
    await Promise.all([lambda.close(), log.close(), browser.close()])
  })
  const lagOf = async ({ address }: PollerProcess) => {
    const answered = await fetch(`${address}/lag`)
    const { items } = (await answered.json()) as { items: readonly { lag: number }[] }
    return items.length === partitions ? items.reduce((sum, { lag }) => sum + lag, 0) : undefined
  }
  return {
    topic: topic.name,
    log,
    browser,
    lambda,
    lagOf,
    async poller(endpoint = lambda.url) {
      const one = await startPollerProcess({ assembly, brokers: String(brokers), endpoint })
      pollers.push(one)
      return one
    },
    append: (values: readonly string[], keys = 17) =>
      log.append(
        values.map((value, nr) =>
          aRecord(topic.name, { key: `k${nr % keys}`, value: Buffer.from(value) }),
        ),
      ),
    /** Values of all invocations that were answered without a fault of theirs. */
    handed: () => lambda.invocations.flatMap(({ values }) => values),
  }
}

const counts = (values: readonly string[]) =>
  new Map([...Map.groupBy(values, (value) => value)].map(([value, same]) => [value, same.length]))
const countOf = (values: readonly string[], value: string) => counts(values).get(value) ?? 0
/** Says in numbers how it went. */
function tellCounts(what: string, accepted: number, handed: readonly string[]): void {
  const times = [...counts(handed).values()]
  const once = times.filter((count) => count === 1).length
  process.stdout.write(
    `${what}: accepted ${accepted}, handed over ${times.length}, once ${once}, ` +
      `lost ${accepted - times.length}\n`,
  )
}
const readyOf = async ({ address }: PollerProcess) => {
  const answered = await fetch(`${address}/readyz`)
  return { code: answered.status, ...((await answered.json()) as { status: string }) }
}

describe.skipIf(!brokers)(`the poller${brokers ? '' : ' (skipped: needs KAFKA_BROKERS)'}`, () => {
  it("invokes with Lambda's Kafka event, and keeps the position", async () => {
    const { topic, log, lambda, poller, lagOf } = await pollingOf()
    const records: NewRecord[] = [
      aRecord(topic, { key: 'ä', value: Buffer.from('{"n":1}'), headers: { ce_id: 'é' } }),
      aRecord(topic, { key: null, value: null, headers: { raw: Uint8Array.of(255, 0) } }),
    ]
    await log.append(records)
    const one = await poller()
    await expect.poll(() => lambda.invocations.length, SLOW).toBe(1)
    const event = lambda.invocations[0]?.event
    expect(lambda.invocations[0]?.functionName).toBe(FUNCTION)
    expect(event).toEqual({
      eventSource: 'SelfManagedKafka',
      bootstrapServers: brokers,
      records: {
        [`${topic}-0`]: [
          {
            topic,
            partition: 0,
            offset: 0,
            timestamp: expect.any(Number),
            timestampType: 'CREATE_TIME',
            key: Buffer.from('ä').toString('base64'),
            value: Buffer.from('{"n":1}').toString('base64'),
            headers: [{ ce_id: [...Buffer.from('é')] }],
          },
          {
            topic,
            partition: 0,
            offset: 1,
            timestamp: expect.any(Number),
            timestampType: 'CREATE_TIME',
            headers: [{ raw: [255, 0] }],
          },
        ],
      },
    })
    await expect.poll(() => lagOf(one), SLOW).toBe(0)
    expect(await readyOf(one)).toMatchObject({ code: 200, status: 'pass' })
    await expect
      .poll(() => one.lines().some(({ code, lag }) => code === 'poller.lag' && lag === 0), SLOW)
      .toBe(true)
  })

  it('hands over again from the first record that failed, and nothing before it', async () => {
    let isFirst = true
    const { topic, append, poller, lagOf, handed } = await pollingOf({
      answer: () => {
        if (!isFirst) return DONE
        isFirst = false
        const itemIdentifier = { partition: `${topic}-0`, offset: 6 }
        return { result: { batchItemFailures: [{ itemIdentifier }] } }
      },
    })
    await append(numbers(0, 10), 1)
    const one = await poller()
    await expect.poll(() => lagOf(one), SLOW).toBe(0)
    expect(handed()).toEqual([...numbers(0, 10), ...numbers(6, 10)])
  })

  it('puts a record that spoils its batch into the dead letters, alone', async () => {
    const { topic, append, poller, lagOf, handed, browser } = await pollingOf({
      maxRetries: 1,
      answer: ({ values }) =>
        values.includes('7') ? { thrown: { errorType: 'TypeError', errorMessage: 'seven' } } : DONE,
    })
    await append(numbers(0, 20), 1)
    const one = await poller()
    await expect.poll(() => lagOf(one), SLOW).toBe(0)
    const letters = (await readAll(browser, `dlq.${topic}`)).map(fromDeadLetter)
    expect(letters).toHaveLength(1)
    expect(letters[0]).toMatchObject({
      ...{ reason: 'failed', stage: FUNCTION },
      origin: { topic, partition: 0, offset: 7 },
    })
    expect(String(letters[0]?.original.value)).toBe('7')
    expect(new Set(handed()).size).toBe(20)
  })

  it('counts a time-out of the function against the records', async () => {
    const { append, poller, lagOf, handed } = await pollingOf({
      maxRetries: 0,
      answer: ({ values }) => {
        if (!values.includes('2')) return DONE
        const errorMessage = 'RequestId: 1 Error: Task timed out after 10.00 seconds'
        return { thrown: { errorType: 'Sandbox.Timedout', errorMessage } }
      },
    })
    await append(numbers(0, 4), 1)
    const one = await poller()
    await expect.poll(() => lagOf(one), SLOW).toBe(0)
    expect(one.lines().filter(({ code }) => code === 'record.dead-lettered')).toHaveLength(1)
    expect(countOf(handed(), '3')).toBeGreaterThanOrEqual(1)
  })

  it('fills batches as far as size and window allow', async () => {
    const { append, poller, lambda, lagOf } = await pollingOf({ batchSize: 4, windowS: 2 })
    const one = await poller()
    await expect.poll(async () => (await readyOf(one)).status, SLOW).toBe('pass')
    for (const value of numbers(0, 6)) await append([value], 1)
    await expect.poll(() => lagOf(one), SLOW).toBe(0)
    expect(lambda.invocations.map(({ values }) => values)).toEqual([numbers(0, 4), ['4', '5']])
  })

  it('splits a batch that is larger than an invocation may be', async () => {
    const { topic, log, poller, lambda, lagOf, handed } = await pollingOf()
    const large = Array.from({ length: 12 }, (_, nr) => Buffer.alloc(900_000, String(nr % 10)))
    await log.append(large.slice(0, 6).map((value) => aRecord(topic, { key: 'k', value })))
    await log.append(large.slice(6).map((value) => aRecord(topic, { key: 'k', value })))
    const one = await poller()
    await expect.poll(() => lagOf(one), SLOW).toBe(0)
    expect(handed().map((value) => value[0])).toEqual(large.map((value) => String(value)[0]))
    expect(Math.max(...lambda.invocations.map(({ bytes }) => bytes))).toBeLessThan(6 * 1_048_576)
  })

  it('waits for a function that is missing, names it, and gives nothing up', async () => {
    let isDeployed = false
    const { append, poller, lagOf, handed, lambda } = await pollingOf({
      maxRetries: 0,
      answer: () => (isDeployed ? DONE : { refused: 404, type: 'ResourceNotFoundException' }),
    })
    await append(numbers(0, 5), 1)
    const one = await poller()
    await expect.poll(() => lambda.invocations.length, SLOW).toBeGreaterThan(3)
    const told = one.lines().filter(({ code }) => code === 'function.unreachable')
    expect(told).toHaveLength(1)
    expect(told[0]).toMatchObject({ function: FUNCTION, level: 'error' })
    expect(String(told[0]?.error)).toContain(FUNCTION)
    expect(await readyOf(one)).toMatchObject({ code: 200, status: 'warn' })
    isDeployed = true
    await expect.poll(() => lagOf(one), SLOW).toBe(0)
    expect(handed().slice(-5)).toEqual(numbers(0, 5))
    expect(one.lines().some(({ code }) => code === 'record.dead-lettered')).toBe(false)
  })

  it('waits for an endpoint that is down, and gives nothing up', async () => {
    const { append, poller, lagOf } = await pollingOf({ maxRetries: 0 })
    const port = 21_299
    await append(numbers(0, 5), 1)
    const one = await poller(`http://127.0.0.1:${port}`)
    await expect
      .poll(() => one.lines().filter(({ code }) => code === 'function.unreachable').length, SLOW)
      .toBe(1)
    await pause(2_000)
    const back = await startFakeLambda({ port, answer: () => DONE })
    onTestFinished(() => back.close())
    await expect.poll(() => lagOf(one), SLOW).toBe(0)
    expect(back.invocations.flatMap(({ values }) => values)).toEqual(numbers(0, 5))
    expect(one.lines().some(({ code }) => code === 'record.dead-lettered')).toBe(false)
  })

  it('lets no partition wait for another one', async () => {
    let release: () => void = () => undefined
    const held = new Promise<void>((done) => {
      release = done
    })
    const { append, poller, lagOf, handed, lambda } = await pollingOf({
      partitions: 4,
      answer: async ({ values }) => {
        if (values.includes('hold')) await held
        return DONE
      },
    })
    const one = await poller()
    await append(['hold'], 1)
    await expect.poll(() => lambda.invocations.length, SLOW).toBe(1)
    for (let from = 0; from < 200; from += 50) {
      await append(numbers(from, from + 50))
      await pause(100)
    }
    const heldPartition = lambda.invocations[0]?.partitions[0]
    await expect.poll(() => new Set(handed()).size, SLOW).toBeGreaterThan(100)
    const invoked = lambda.invocations.slice(1).flatMap(({ partitions }) => partitions)
    expect(new Set(invoked)).toHaveLength(3)
    expect(invoked).not.toContain(heldPartition)
    release()
    await expect.poll(() => lagOf(one), SLOW).toBe(0)
    expect(new Set(handed()).size).toBe(201)
    expect(lambda.mostAtOnce()).toBe(1)
  })

  it('shares its partitions with a poller that comes while batches are in flight', async () => {
    const { append, poller, lagOf, handed, lambda } = await pollingOf({
      ...{ partitions: 4, batchSize: 5, delayMs: 400 },
    })
    await append(numbers(0, 200))
    const first = await poller()
    await expect.poll(() => lambda.invocations.length, SLOW).toBeGreaterThan(8)
    const second = await poller()
    await expect.poll(() => lagOf(second), SLOW).toBe(0)
    expect(await lagOf(first)).toBe(0)
    const handedCounts = counts(handed())
    expect([...handedCounts.values()].filter((count) => count !== 1)).toEqual([])
    expect(handedCounts.size).toBe(200)
    expect(lambda.mostAtOnce()).toBe(1)
    expect(await second.stop()).toBe(0)
    await append(numbers(200, 240))
    await expect.poll(() => new Set(handed()).size, SLOW).toBe(240)
    tellCounts('rebalanced with batches in flight', 240, handed())
    expect(lambda.mostAtOnce()).toBe(1)
  })

  it('ends its batches when it is told to stop, and the next one goes on behind them', async () => {
    const { append, poller, lagOf, handed, lambda } = await pollingOf({
      ...{ partitions: 2, batchSize: 5, delayMs: 500 },
    })
    await append(numbers(0, 60))
    const first = await poller()
    await expect.poll(() => lambda.invocations.length, SLOW).toBeGreaterThan(2)
    expect(await first.stop()).toBe(0)
    const next = await poller()
    await expect.poll(() => lagOf(next), SLOW).toBe(0)
    expect([...counts(handed()).values()].filter((count) => count !== 1)).toEqual([])
    expect(new Set(handed()).size).toBe(60)
  })

  it('loses nothing when it is killed in the middle of a batch', async () => {
    const { append, poller, lagOf, handed, lambda } = await pollingOf({
      ...{ partitions: 4, batchSize: 10, delayMs: 200 },
    })
    await append(numbers(0, 200))
    const first = await poller()
    await expect.poll(() => lambda.invocations.length, SLOW).toBeGreaterThan(6)
    await first.kill()
    const second = await poller()
    await append(numbers(200, 300))
    await expect.poll(() => lagOf(second), SLOW).toBe(0)
    const handedCounts = counts(handed())
    expect(handedCounts.size).toBe(300)
    // Of each partition the batch in flight, and the one whose position was being kept.
    const repeated = [...handedCounts.values()].filter((count) => count > 1)
    expect(Math.max(1, ...repeated)).toBe(repeated.length > 0 ? 2 : 1)
    expect(repeated.length).toBeLessThanOrEqual(4 * 2 * 10)
    tellCounts('killed in the middle of a batch', 300, handed())
  })
})

import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { kafkaEventConsumer } from '#shared/adapters/kafka/event-consumer.ts'
import { kafkaEventLog } from '#shared/adapters/kafka/event-log.ts'
import { kafkaLogBrowser } from '#shared/adapters/kafka/log-browser.ts'
import { kafkaTopicAdmin } from '#shared/adapters/kafka/topic-admin.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import { aRecord, aTopic, readAll } from '#test/contract/event-log.contract.ts'
import {
  canStartKafka,
  type KafkaClusterUnderTest,
  startKafka,
} from '#test/support/kafka-cluster.ts'

const SLOW = { timeout: 60_000, interval: 100 }

/** Appends one value, and answers how that ended and how long it took. */
async function attempt(log: EventLog, topic: string, value: string) {
  const started = performance.now()
  const outcome = await log
    .append([aRecord(topic, { key: `k${value}`, value: Buffer.from(value) })])
    .then(() => 'stored')
    .catch((error: { kind?: string }) => error.kind ?? 'no Failure')
  return { value, outcome, tookMs: performance.now() - started }
}

async function openOn(url: string) {
  const topic = aTopic(2)
  const admin = kafkaTopicAdmin(url)
  await admin.apply([topic])
  await admin.close()
  const log = kafkaEventLog(url)
  const consumer = kafkaEventConsumer(url)
  const seen = new Set<string>()
  await consumer.consume(
    {
      ...{ group: `group-of-${topic.name}`, topic: topic.name, startingPosition: 'earliest' },
      ...{ maxRecords: 100, maxWaitMs: 0 },
    },
    async ({ records }) => {
      for (const { value } of records) seen.add(String(value))
      return (records.at(-1)?.offset ?? 0) + 1
    },
  )
  onTestFinished(async () => {
    await consumer.close()
    await log.close()
  })
  return { log, topic: topic.name, seen }
}

/** Appends at 100 a second for as long as `during` takes. */
async function underLoad(log: EventLog, topic: string, during: () => Promise<void>) {
  const attempts: ReturnType<typeof attempt>[] = []
  let running = true
  const load = (async () => {
    for (let nr = 0; running; nr++) {
      attempts.push(attempt(log, topic, String(nr)))
      await pause(10)
    }
  })()
  try {
    await during()
  } finally {
    running = false
    await load
  }
  return Promise.all(attempts)
}

describe('the event log in Kafka, when a broker fails', () => {
  if (!process.env.KAFKA_BROKERS) {
    it.skip('is not run: KAFKA_BROKERS is not set', () => undefined)
    return
  }
  if (!canStartKafka) {
    it.skip('is not run: no tool to start, freeze and kill brokers with', () => undefined)
    return
  }
  let cluster: KafkaClusterUnderTest
  beforeAll(async () => {
    cluster = await startKafka({ name: 'log-outage', port: 19_340, brokers: 1 })
  }, 120_000)
  afterAll(() => cluster.stop(), 60_000)

  it.each([
    { trouble: 'is frozen', begin: 'pause', end: 'resume' },
    { trouble: 'is killed', begin: 'kill', end: 'revive' },
  ] as const)(
    'answers every append within 4.5 s while the broker $trouble, loses nothing acknowledged, and recovers by itself',
    async ({ begin, end }) => {
      const { log, topic, seen } = await openOn(cluster.url)
      expect((await attempt(log, topic, 'before')).outcome).toBe('stored')
      const outcomes = await underLoad(log, topic, async () => {
        await pause(500)
        await cluster.broker(begin, 1)
        await pause(6_000)
        await cluster.broker(end, 1)
        await pause(6_000)
      })
      expect(Math.max(...outcomes.map(({ tookMs }) => tookMs))).toBeLessThan(4_500)
      expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(
        new Set(['stored', 'Unavailable']),
      )
      await expect
        .poll(async () => (await attempt(log, topic, 'after')).outcome, SLOW)
        .toBe('stored')

      const stored = outcomes.filter(({ outcome }) => outcome === 'stored').map((one) => one.value)
      const browser = kafkaLogBrowser(cluster.url)
      onTestFinished(() => browser.close())
      const onLog = new Set((await readAll(browser, topic)).map(({ value }) => String(value)))
      expect(stored.filter((value) => !onLog.has(value))).toEqual([])
      await expect.poll(() => stored.filter((value) => !seen.has(value)).length, SLOW).toBe(0)
    },
  )
})

describe('the event log in Kafka, when one broker of three fails', () => {
  if (!process.env.KAFKA_BROKERS || !canStartKafka) {
    it.skip('is not run: KAFKA_BROKERS is not set, or there is no tool to start brokers', () =>
      undefined)
    return
  }
  let cluster: KafkaClusterUnderTest
  beforeAll(async () => {
    cluster = await startKafka({ name: 'log-failover', port: 19_360, brokers: 3 })
  }, 120_000)
  afterAll(() => cluster.stop(), 60_000)

  it.each([
    { trouble: 'killed', begin: 'kill', end: 'revive' },
    { trouble: 'frozen', begin: 'pause', end: 'resume' },
  ] as const)(
    'loses nothing acknowledged and goes on with the other two while it is $trouble',
    async ({ begin, end }) => {
      const { log, topic, seen } = await openOn(cluster.url)
      let backAgain = 0
      const outcomes = await underLoad(log, topic, async () => {
        await pause(500)
        await cluster.broker(begin, 2)
        // The cluster finds a new leader, the producer finds out, and then all is well again.
        const started = performance.now()
        await expect
          .poll(async () => {
            const tries = Array.from({ length: 8 }, (_, nr) => attempt(log, topic, `p${nr}`))
            return (await Promise.all(tries)).every(({ outcome }) => outcome === 'stored')
          }, SLOW)
          .toBe(true)
        backAgain = performance.now() - started
        await cluster.broker(end, 2)
      })
      expect(backAgain).toBeLessThan(30_000)
      expect(Math.max(...outcomes.map(({ tookMs }) => tookMs))).toBeLessThan(4_500)
      expect(outcomes.map(({ outcome }) => outcome)).not.toContain('no Failure')
      const stored = outcomes.filter(({ outcome }) => outcome === 'stored').map((one) => one.value)
      const browser = kafkaLogBrowser(cluster.url)
      onTestFinished(() => browser.close())
      const onLog = new Set((await readAll(browser, topic)).map(({ value }) => String(value)))
      expect(stored.filter((value) => !onLog.has(value))).toEqual([])
      await expect.poll(() => stored.filter((value) => !seen.has(value)).length, SLOW).toBe(0)
    },
  )
})

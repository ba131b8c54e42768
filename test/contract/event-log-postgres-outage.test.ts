import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { postgresEventConsumer } from '#shared/adapters/postgres/event-consumer.ts'
import { postgresEventLog } from '#shared/adapters/postgres/event-log.ts'
import { postgresLogBrowser } from '#shared/adapters/postgres/log-browser.ts'
import { postgresTopicAdmin } from '#shared/adapters/postgres/topic-admin.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import { ownPostgres } from '#test/support/own-postgres.ts'
import { aRecord, aTopic, readAll } from './event-log.contract.ts'

async function openOn(url: string) {
  const topic = aTopic(2)
  const admin = postgresTopicAdmin(url)
  await admin.apply([topic])
  await admin.close()
  const log = postgresEventLog(url)
  const consumer = postgresEventConsumer(url, { leaseMs: 3_000 })
  const seen = new Set<string>()
  await consumer.consume(
    {
      ...{ group: 'g', topic: topic.name, startingPosition: 'earliest' },
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

/** Appends one value, and answers how that ended and how long it took. */
async function attempt(log: EventLog, topic: string, value: string) {
  const started = performance.now()
  const outcome = await log
    .append([aRecord(topic, { key: value, value: Buffer.from(value) })])
    .then(() => 'stored')
    .catch((error: { kind?: string }) => error.kind ?? 'no Failure')
  return { value, outcome, tookMs: performance.now() - started }
}

describe('the event log in PostgreSQL, when the server fails', () => {
  it('answers as soon as its caller has to know, knowing the topic or not', async () => {
    const server = await ownPostgres(1)
    const { log, topic } = await openOn(server.url)
    await log.append([aRecord(topic)])
    const cold = postgresEventLog(server.url)
    onTestFinished(() => cold.close())
    server.freeze()
    onTestFinished(server.thaw)
    for (const one of [log, cold]) {
      const started = performance.now()
      await expect(one.append([aRecord(topic)], { timeoutMs: 1_000 })).rejects.toMatchObject({
        kind: 'Unavailable',
      })
      expect(performance.now() - started).toBeLessThan(1_500)
    }
  })

  it('fails every append within 4.5 s while the server is frozen, and recovers by itself', async () => {
    const { url, freeze, thaw } = await ownPostgres(1)
    const { log, topic, seen } = await openOn(url)
    expect((await attempt(log, topic, 'before')).outcome).toBe('stored')
    freeze()
    const during: ReturnType<typeof attempt>[] = []
    for (let nr = 0; nr < 12; nr++) {
      during.push(attempt(log, topic, `during-${nr}`))
      await pause(500)
    }
    const outcomes = await Promise.all(during)
    thaw()
    expect(Math.max(...outcomes.map(({ tookMs }) => tookMs))).toBeLessThan(4_500)
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['Unavailable']))
    const thawed = performance.now()
    await expect
      .poll(async () => (await attempt(log, topic, 'after')).outcome, { timeout: 10_000 })
      .toBe('stored')
    expect(performance.now() - thawed).toBeLessThan(5_000)
    await expect.poll(() => seen.has('before') && seen.has('after'), { timeout: 15_000 }).toBe(true)
  })

  it('loses nothing it acknowledged when the server is killed under load, and recovers by itself', async () => {
    const { url, kill, restart } = await ownPostgres(1)
    const { log, topic, seen } = await openOn(url)
    const attempts: ReturnType<typeof attempt>[] = []
    let running = true
    const load = (async () => {
      for (let nr = 0; running; nr++) {
        attempts.push(attempt(log, topic, `v${nr}`))
        await pause(5)
      }
    })()
    await pause(600)
    kill()
    await pause(1_000)
    await restart()
    await pause(1_000)
    running = false
    await load
    const outcomes = await Promise.all(attempts)
    expect(Math.max(...outcomes.map(({ tookMs }) => tookMs))).toBeLessThan(4_500)
    expect(outcomes.map(({ outcome }) => outcome)).not.toContain('no Failure')
    expect(outcomes.at(-1)?.outcome).toBe('stored')

    const stored = outcomes.filter(({ outcome }) => outcome === 'stored').map(({ value }) => value)
    const browser = postgresLogBrowser(url)
    onTestFinished(() => browser.close())
    const onLog = new Set((await readAll(browser, topic)).map(({ value }) => String(value)))
    expect(stored.filter((value) => !onLog.has(value))).toEqual([])
    await expect
      .poll(() => stored.filter((value) => !seen.has(value)).length, { timeout: 15_000 })
      .toBe(0)
  })
})

import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresEventConsumer } from '#shared/adapters/postgres/event-consumer.ts'
import { postgresEventLog } from '#shared/adapters/postgres/event-log.ts'
import { postgresLogBrowser } from '#shared/adapters/postgres/log-browser.ts'
import { keepPositions } from '#shared/adapters/postgres/log-membership.ts'
import { expireRecords } from '#shared/adapters/postgres/log-retention.ts'
import { toSlices } from '#shared/adapters/postgres/log-slices.ts'
import { postgresTopicAdmin } from '#shared/adapters/postgres/topic-admin.ts'
import type { Subscription } from '#shared/ports/event-consumer.ts'
import { freshDatabase } from '#test/support/database.ts'
import { aRecord, aTopic, readAll } from './event-log.contract.ts'

async function openWith(partitions: number) {
  const url = await freshDatabase()
  const topic = aTopic(partitions)
  const parts = {
    log: postgresEventLog(url),
    browser: postgresLogBrowser(url),
    admin: postgresTopicAdmin(url),
    consumer: postgresEventConsumer(url, { leaseMs: 1_500 }),
  }
  const sql = connect(url, { applicationName: 'test', max: 2 })
  onTestFinished(async () => {
    await Promise.all([...Object.values(parts).map((part) => part.close()), sql.end()])
  })
  await parts.admin.apply([topic])
  const subscription: Subscription = {
    ...{ group: 'g', topic: topic.name, startingPosition: 'earliest' },
    ...{ maxRecords: 100, maxWaitMs: 0 },
  }
  return { ...parts, url, sql, topic, subscription }
}

const text = (value: Uint8Array | null) => Buffer.from(value ?? []).toString()

describe('the event log in PostgreSQL, shared', () => {
  it('never lets a reader pass a record whose transaction commits late', async () => {
    const { log, sql, consumer, topic, subscription } = await openWith(1)
    const seen: string[] = []
    await consumer.consume(subscription, async ({ records }) => {
      seen.push(...records.map(({ offset, value }) => `${offset} ${text(value)}`))
      return (records.at(-1)?.offset ?? 0) + 1
    })
    const [{ id: partitionId = 0 } = {}] = await sql<{ id: number }[]>`
      select id from log.partition where topic = ${topic.name}`
    const record = aRecord(topic.name, { value: Buffer.from('late') })
    const { arrays, body } = toSlices([{ record, partition: 0, partitionId, bytes: 10 }])
    const commit = Promise.withResolvers<void>()
    const taken = Promise.withResolvers<void>()
    const late = sql.begin(async (tx) => {
      await tx.unsafe('select log.append($1, $2, $3, $4, $5, $6)', [...arrays, body])
      taken.resolve()
      await commit.promise
    })
    await taken.promise
    const early = log.append([aRecord(topic.name, { value: Buffer.from('early') })])
    expect(await Promise.race([early, pause(500, 'waits')])).toBe('waits')
    expect(seen).toEqual([])
    commit.resolve()
    await late
    expect(await early).toEqual([{ topic: topic.name, partition: 0, offset: 1 }])
    await expect.poll(() => seen).toEqual(['0 late', '1 early'])
  })

  it('lets appenders of several processes write to the same partitions without a deadlock', async () => {
    const { url, browser, topic } = await openWith(4)
    const logs = Array.from({ length: 3 }, () => postgresEventLog(url))
    onTestFinished(async () => {
      await Promise.all(logs.map((log) => log.close()))
    })
    await Promise.all(
      logs.flatMap((log, writer) =>
        Array.from({ length: 40 }, async (_, nr) => {
          await pause(nr)
          const keys = Array.from({ length: 5 }, (_, k) => `k${(k * 7 + nr + writer) % 19}`)
          return log.append(keys.map((key) => aRecord(topic.name, { key })))
        }),
      ),
    )
    const records = await readAll(browser, topic.name)
    expect(records).toHaveLength(600)
    for (const [, partition] of Map.groupBy(records, (record) => record.partition)) {
      expect(partition.map(({ offset }) => offset)).toEqual(partition.map((_, nr) => nr))
    }
  })

  it('takes over from a member that fell silent, and tells it so when it is back', async () => {
    const { log, sql, consumer, topic, subscription, url } = await openWith(1)
    const slow = postgresEventConsumer(url, { leaseMs: 3_000 })
    const release = Promise.withResolvers<void>()
    onTestFinished(() => slow.close())
    onTestFinished(() => release.resolve())
    await log.append([aRecord(topic.name, { value: Buffer.from('one') })])
    const started = Promise.withResolvers<AbortSignal>()
    await slow.consume(subscription, async (_batch, signal) => {
      started.resolve(signal)
      await release.promise
      return 1
    })
    const signal = await started.promise
    const [{ id: silent = '' } = {}] = await sql<{ id: string }[]>`select id from log.member`
    const seen: string[] = []
    await consumer.consume(subscription, async ({ records }) => {
      seen.push(...records.map(({ value }) => text(value)))
      return (records.at(-1)?.offset ?? 0) + 1
    })
    // What a member that died looks like to the others; this one lives, and renews now and then.
    await expect
      .poll(
        async () => {
          await sql`
            update log.member set expires_at = now() - interval '1 second' where id = ${silent}`
          return seen
        },
        { timeout: 10_000, interval: 20 },
      )
      .toEqual(['one'])
    await expect.poll(() => signal.aborted, { timeout: 5_000 }).toBe(true)
  })

  it('refuses the position of a member that lost the partition', async () => {
    const { sql, topic } = await openWith(1)
    const [{ id: partitionId = 0 } = {}] = await sql<{ id: number }[]>`
      select id from log.partition where topic = ${topic.name}`
    await sql`insert into log.position values ('g', ${partitionId}, 5, 'owner')`
    const kept = await keepPositions(sql, [
      { member: 'loser', group: 'g', partitionId, position: 3 },
      { member: 'owner', group: 'g', partitionId, position: 8 },
    ])
    expect(kept).toEqual([false, true])
    const rows = await sql<{ position: number }[]>`select position from log.position`
    expect(rows.map(({ position }) => position)).toEqual([8])
  })

  it('goes on reading after its connections were cut', async () => {
    const { log, sql, consumer, topic, subscription } = await openWith(2)
    const seen: string[] = []
    await consumer.consume(subscription, async ({ records }) => {
      seen.push(...records.map(({ value }) => text(value)))
      return (records.at(-1)?.offset ?? 0) + 1
    })
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`
    await expect
      .poll(() => log.append([aRecord(topic.name, { value: Buffer.from('x') })]).catch(() => []))
      .toHaveLength(1)
    await expect.poll(() => seen, { timeout: 5_000 }).toContain('x')
  })

  it('reads a partition that was added later from its beginning', async () => {
    const { log, admin, consumer, topic, subscription, url } = await openWith(1)
    const seen = new Set<string>()
    await consumer.consume({ ...subscription, startingPosition: 'latest' }, async (batch) => {
      for (const { value } of batch.records) seen.add(text(value))
      return (batch.records.at(-1)?.offset ?? 0) + 1
    })
    await admin.apply([{ ...topic, partitions: 4 }])
    const newLog = postgresEventLog(url)
    onTestFinished(() => newLog.close())
    const values = Array.from({ length: 20 }, (_, nr) => `v${nr}`)
    await newLog.append(
      values.map((value) => aRecord(topic.name, { key: value, value: Buffer.from(value) })),
    )
    await log.append([aRecord(topic.name, { value: Buffer.from('old') })])
    await expect.poll(() => seen.size, { timeout: 5_000 }).toBe(21)
  })

  it('removes what is past its retention, and a group that was behind goes on after it', async () => {
    const { log, sql, browser, consumer, topic, subscription } = await openWith(1)
    const first = await consumer.consume(subscription, async () => {
      throw new Error('never')
    })
    await first.stop()
    for (const value of ['a', 'b', 'c', 'd']) {
      await log.append([aRecord(topic.name, { value: Buffer.from(value) })])
    }
    await sql`
      update log.batch set appended_at = appended_at - interval '2 hours' where base_offset < 3`
    expect(await expireRecords(sql, new Date())).toBe(3)
    expect(await expireRecords(sql, new Date())).toBe(0)
    expect(await browser.bounds(topic.name)).toEqual([{ partition: 0, first: 3, end: 4 }])
    const seen: string[] = []
    await consumer.consume(subscription, async ({ records }) => {
      seen.push(...records.map(({ offset, value }) => `${offset} ${text(value)}`))
      return (records.at(-1)?.offset ?? 0) + 1
    })
    await expect.poll(() => seen).toEqual(['3 d'])

    await sql`update log.batch set appended_at = appended_at - interval '2 hours'`
    expect(await expireRecords(sql, new Date())).toBe(1)
    expect(await browser.bounds(topic.name)).toEqual([{ partition: 0, first: 4, end: 4 }])
    expect(await log.append([aRecord(topic.name)])).toEqual([
      { topic: topic.name, partition: 0, offset: 4 },
    ])
    await expect.poll(() => seen.length).toBe(2)
  })
})

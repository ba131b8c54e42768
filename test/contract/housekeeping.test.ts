import { describe, expect, it, vi } from 'vitest'
import { housekeeping } from '#functions/housekeeping/housekeeping.ts'
import { forgetIdentities, forgetWords } from '#shared/adapters/postgres/event-retention.ts'
import { dropPartitions, makePartitions } from '#shared/adapters/postgres/partitions.ts'
import { postgresRecordedEvents } from '#shared/adapters/postgres/recorded-events.ts'
import { postgresRecordedSessions } from '#shared/adapters/postgres/recorded-sessions.ts'
import {
  forgetSessions,
  forgetSteps,
  lapseSessions,
} from '#shared/adapters/postgres/session-retention.ts'
import { anEvent, START } from '#test/support/recordables.ts'
import { aRecorder } from '#test/support/recorder.ts'

const DAY_MS = 86_400_000
const MINUTE_MS = 60_000
const DAY = DAY_MS * 1_000
/** So long after START. */
const later = (ms: number) => new Date(START / 1_000 + ms)

const partitionOf = (sql: Awaited<ReturnType<typeof aRecorder>>['sql']) => sql`
  select id, tableoid::regclass::text as partition from events.event order by id`

describe('keeping house', () => {
  it('does every chore, also behind one that fails, and says which failed', async () => {
    const run = vi.fn(async () => 0)
    const chores = [
      { name: 'first', run: () => Promise.reject(new Error('no')) },
      { name: 'second', run },
    ]
    const now = () => new Date(0)
    await expect(housekeeping({ chores, now })()).rejects.toMatchObject({
      kind: 'Unavailable',
      message: 'not done: first',
    })
    expect(run).toHaveBeenCalledExactlyOnceWith(new Date(0))
    await expect(housekeeping({ chores: chores.slice(1), now })()).resolves.toBeUndefined()
  })
})

describe('partitions', () => {
  it('stand ready for today and three days more, and are made once', async () => {
    const { sql } = await aRecorder()
    const days = await makePartitions(sql, later(1_000 * DAY_MS))
    expect(days).toEqual(['2029-08-16', '2029-08-17', '2029-08-18', '2029-08-19'])
    expect(await makePartitions(sql, later(1_000 * DAY_MS))).toEqual([])
  })

  it('take over what had to wait in the default partition', async () => {
    const { sql, record } = await aRecorder()
    await record([anEvent({ id: 'in' }), anEvent({ id: 'old', at: -40 * DAY })])
    expect(await partitionOf(sql)).toMatchObject([
      { partition: 'events.event_other' },
      { partition: 'events.event_other' },
    ])
    expect(await makePartitions(sql, later(DAY_MS))).toContain('2026-11-20')
    expect(await partitionOf(sql)).toMatchObject([
      { id: 'in', partition: 'events.event_20261120' },
      { id: 'old', partition: 'events.event_other' },
    ])
    const found = await postgresRecordedEvents(sql).list({}, { limit: 10 })
    expect(found.items.map(({ id }) => id)).toEqual(['in', 'old'])
  })

  it('go when they are past the retention, with the words of their events', async () => {
    const { sql, record } = await aRecorder()
    await makePartitions(sql, later(0))
    await record([anEvent({ id: 'old' }), anEvent({ id: 'older', at: -5 * DAY })])
    await makePartitions(sql, later(DAY_MS))
    await record([anEvent({ id: 'new', at: DAY })])
    // A block of its own, as if the newest one had been full.
    await sql`
      update events.word_block set last_seq = 2`
    await sql`
      insert into events.word_block
      select 3, 3, from_time, to_time, filter from events.word_block`
    expect(await dropPartitions(sql, later(30 * DAY_MS))).not.toContain('2026-11-20')
    expect(await dropPartitions(sql, later(31 * DAY_MS))).toEqual(['2026-11-20'])
    expect(await partitionOf(sql)).toMatchObject([{ id: 'new' }])
    expect(await forgetWords(sql)).toBe(1)
    const found = await postgresRecordedEvents(sql).list({ q: 'read' }, { limit: 10 })
    expect(found.items.map(({ id }) => id)).toEqual(['new'])
  })
})

describe('silent sessions', () => {
  it('lapse after the lease, and open again with the next event', async () => {
    const { sql, record } = await aRecorder()
    const sessions = postgresRecordedSessions(sql)
    const at = (minute: number) => minute * MINUTE_MS * 1_000
    const event = (id: string, minute: number, session: string, phase: 'point' | 'end') =>
      anEvent({ id, at: at(minute), attributes: { sessionid: session, phase } })
    await record([
      event('a', 0, 'silent', 'point'),
      event('b', 9, 'lively', 'point'),
      event('c', 0, 'ended', 'end'),
    ])
    expect(await lapseSessions(sql, later(30 * MINUTE_MS))).toBe(0)
    expect(await lapseSessions(sql, later(31 * MINUTE_MS))).toBe(1)
    expect(await sessions.find('silent')).toMatchObject({
      state: 'lapsed',
      ended_at: '2026-11-20T10:00:00.000Z',
    })
    expect(await sessions.find('lively')).toMatchObject({ state: 'active' })
    expect(await sessions.find('ended')).toMatchObject({ state: 'ended' })
    await record([event('d', 40, 'silent', 'point')])
    expect(await sessions.find('silent')).toMatchObject({ state: 'active', ended_at: null })
  })
})

describe('what is old', () => {
  it('is forgotten: identities, sessions with their executions, minutes before hours', async () => {
    const { sql, record } = await aRecorder()
    const old = (id: string, session: object) =>
      anEvent({ id, attributes: { phase: 'before', callid: id, ...session } })
    await record([old('a', { sessionid: 's1' }), old('b', {})])
    await record([
      anEvent({ id: 'c', at: 20 * DAY, attributes: { sessionid: 's2', phase: 'before' } }),
    ])
    const days = (n: number) => later(n * DAY_MS)
    const today = new Date()
    expect(await forgetIdentities(sql, new Date(today.getTime() + 35 * DAY_MS))).toBe(0)
    expect(await forgetIdentities(sql, new Date(today.getTime() + 36 * DAY_MS))).toBe(3)

    expect(await forgetSessions(sql, days(29))).toBe(0)
    expect(await forgetSessions(sql, days(31))).toBe(1)
    expect(await sql`select session from sessions.execution`).toMatchObject([{ session: 's2' }])
    expect(await sql`select session from sessions.session_source`).toMatchObject([
      { session: 's2' },
    ])

    expect(await forgetSteps(sql, days(91))).toBe(1)
    expect(await forgetSteps(sql, days(401))).toBe(2)
    expect(await sql`select step, count from metrics.operation order by 1, start`).toMatchObject([
      { step: 60, count: 1 },
      { step: 1_440, count: 2 },
      { step: 1_440, count: 1 },
    ])
  })
})

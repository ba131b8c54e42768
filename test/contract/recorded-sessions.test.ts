import { describe, expect, it } from 'vitest'
import { postgresRecordedSessions } from '#shared/adapters/postgres/recorded-sessions.ts'
import type { EventAttributes } from '#shared/domain/events/event.ts'
import { anEvent, START } from '#test/support/recordables.ts'
import { aRecorder } from '#test/support/recorder.ts'

async function reading() {
  const recorder = await aRecorder()
  return { ...recorder, sessions: postgresRecordedSessions(recorder.sql) }
}

const SECOND = 1_000_000
let made = 0
const event = (at: number, attributes: EventAttributes, more = {}) =>
  anEvent({
    id: `id${made++}`,
    at: at * SECOND,
    ...more,
    attributes: { sessionid: 's1', ...attributes },
  })

describe('a session', () => {
  it('tells who, when, how it stands and what was counted', async () => {
    const { sessions, record } = await reading()
    await record([
      event(2, { phase: 'before', callid: 'c1' }, { id: 'b' }),
      event(0, { phase: 'start', operation: 'SessionStart', parentsessionid: 'p' }, { arrival: 9 }),
      event(5, { phase: 'after', callid: 'c1', outcome: 'error' }, { id: 'a' }),
      event(6, { outcome: 'error', operation: 'Notice' }, { source: 'proxy' }),
    ])
    expect(await sessions.find('s1')).toMatchObject({
      id: 's1',
      sources: ['agent', 'proxy'],
      state: 'active',
      started_at: '2026-11-20T10:00:00.000Z',
      last_seen_at: '2026-11-20T10:00:06.000Z',
      ended_at: null,
      parent: 'p',
      events: 4,
      executions: 1,
      errors: 2,
      calls: [
        {
          operation: 'Read',
          source: 'agent',
          call_id: 'c1',
          started_at: '2026-11-20T10:00:02.000Z',
          ended_at: '2026-11-20T10:00:05.000Z',
          outcome: 'error',
          duration_ms: 3_000,
          before: 'b',
          after: 'a',
        },
      ],
    })
    expect(await sessions.find('s2')).toBeUndefined()
  })

  it('shows its events by own time, ties by arrival', async () => {
    const { sessions, record } = await reading()
    await record([
      event(3, {}, { id: 'late' }),
      event(1, {}, { id: 'tie2', arrival: 50 }),
      event(1, {}, { id: 'tie1', arrival: 40 }),
    ])
    await record([event(0, {}, { id: 'first' })])
    const timeline = (await sessions.find('s1'))?.timeline ?? []
    expect(timeline.map(({ id }) => id)).toEqual(['first', 'tie1', 'tie2', 'late'])
  })

  it('ends with an end event, stays so when late ones come, and opens with a new start', async () => {
    const { sessions, record } = await reading()
    await record([event(0, { phase: 'start' }), event(9, { phase: 'end' })])
    await record([event(5, { phase: 'before' }), event(10, {})])
    expect(await sessions.find('s1')).toMatchObject({
      state: 'ended',
      ended_at: '2026-11-20T10:00:09.000Z',
      last_seen_at: '2026-11-20T10:00:10.000Z',
    })
    await record([event(20, { phase: 'start' })])
    expect(await sessions.find('s1')).toMatchObject({ state: 'active', ended_at: null })
  })

  it('pairs a late before with the after that stood alone', async () => {
    const { sessions, record } = await reading()
    await record([event(4, { phase: 'after', outcome: 'ok' }, { id: 'a' })])
    expect((await sessions.find('s1'))?.calls).toMatchObject([
      { before: null, after: 'a', started_at: null, duration_ms: null },
    ])
    await record([event(1, { phase: 'before' }, { id: 'b' })])
    const session = await sessions.find('s1')
    expect(session?.executions).toBe(1)
    expect(session?.calls).toMatchObject([{ before: 'b', after: 'a', duration_ms: 3_000 }])
  })

  it('moves every pair behind a before that comes late', async () => {
    const { sessions, record } = await reading()
    await record([event(2, { phase: 'before' }, { id: 'b2' })])
    await record([event(3, { phase: 'after' }, { id: 'a1' })])
    await record([event(4, { phase: 'after' }, { id: 'a2' })])
    await record([event(1, { phase: 'before' }, { id: 'b1' })])
    const calls = (await sessions.find('s1'))?.calls ?? []
    expect(calls.map(({ before, after }) => `${before} ${after}`)).toEqual(['b1 a1', 'b2 a2'])
  })
})

describe('listing sessions', () => {
  it('gives the most recently seen first, page by page, by state and source', async () => {
    const { sessions, record } = await reading()
    await record(
      Array.from({ length: 25 }, (_, index) =>
        event(
          // Two sessions share each last time.
          index >> 1,
          { sessionid: `s${String(index).padStart(2, '0')}`, phase: index % 5 ? 'point' : 'end' },
          { source: index % 3 ? 'agent' : 'other' },
        ),
      ),
    )
    const all: string[] = []
    for (let cursor: string | undefined; ; ) {
      const page = await sessions.list({}, { limit: 4, ...(cursor ? { cursor } : {}) })
      all.push(...page.items.map(({ id }) => id))
      if (page.next === null) break
      cursor = page.next
    }
    const expected = Array.from(
      { length: 25 },
      (_, index) => `s${String(24 - index).padStart(2, '0')}`,
    )
    expect(all).toEqual(expected)
    const filtered = await sessions.list({ state: 'ended', source: 'other' }, { limit: 100 })
    expect(filtered.items.map(({ id }) => id)).toEqual(['s15', 's00'])
    await expect(sessions.list({}, { limit: 1, cursor: 'x' })).rejects.toMatchObject({
      kind: 'InvalidInput',
    })
  })
})

describe('metrics per operation', () => {
  const window = (fromS: number, toS: number) => ({
    from: new Date(START / 1_000 + fromS * 1_000),
    to: new Date(START / 1_000 + toS * 1_000),
  })

  it('count executions at their start, with percentiles within 1 %', async () => {
    const { sessions, record } = await reading()
    const durations = Array.from({ length: 200 }, (_, index) => (index + 1) * 10)
    await record(
      durations.flatMap((ms, index) => [
        event(index, { phase: 'before', callid: `c${index}` }),
        event(index + ms / 1_000, {
          phase: 'after',
          callid: `c${index}`,
          outcome: index % 10 ? 'ok' : 'error',
        }),
      ]),
    )
    await record([event(30, { operation: 'Note' }), event(31, { operation: 'Note' })])
    const [read, note] = await sessions.operations(window(0, 3_600))
    expect(read).toMatchObject({ operation: 'Read', count: 200, errors: 20 })
    for (const [name, q] of [
      ['p50_ms', 0.5],
      ['p90_ms', 0.9],
      ['p95_ms', 0.95],
      ['p99_ms', 0.99],
    ] as const) {
      const exact = durations[Math.floor(q * 199)] ?? 0
      expect(Math.abs((read?.[name] ?? 0) - exact) / exact, name).toBeLessThanOrEqual(0.0101)
    }
    expect(note).toEqual({
      ...{ operation: 'Note', count: 2, errors: 0 },
      ...{ p50_ms: null, p90_ms: null, p95_ms: null, p99_ms: null },
    })
  })

  it('keep to the window, rounded outward to minutes, and to a source', async () => {
    const { sessions, record } = await reading()
    await record([
      event(30, {}),
      event(90, {}, { source: 'other' }),
      event(3 * 3_600, {}),
      event(50 * 3_600, {}),
    ])
    const count = async (fromS: number, toS: number, source?: string) =>
      (await sessions.operations(window(fromS, toS), source))[0]?.count ?? 0
    expect(await count(0, 59)).toBe(1)
    expect(await count(0, 60)).toBe(2)
    expect(await count(0, 4 * 3_600)).toBe(3)
    expect(await count(-90_000, 400_000)).toBe(4)
    expect(await count(0, 4 * 3_600, 'other')).toBe(1)
    expect(await count(120, 3_600)).toBe(0)
    expect(await count(60, 0)).toBe(0)
  })

  it('follow an execution whose start moves back', async () => {
    const { sessions, record } = await reading()
    await record([event(600, { phase: 'after', callid: 'c', outcome: 'error' })])
    await record([event(10, { phase: 'before', callid: 'c' })])
    expect(await sessions.operations(window(0, 30))).toMatchObject([{ count: 1, errors: 1 }])
    expect(await sessions.operations(window(540, 700))).toEqual([])
  })
})

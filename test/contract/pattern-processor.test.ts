import { describe, expect, it, onTestFinished } from 'vitest'
import { patternProcessor } from '#functions/pattern-processor/pattern-processor.ts'
import { connect, type Sql } from '#shared/adapters/postgres/connect.ts'
import { postgresLearnedPatterns } from '#shared/adapters/postgres/learned-patterns.ts'
import { postgresLearning } from '#shared/adapters/postgres/learning.ts'
import { STEP_HORIZON_DAYS } from '#shared/adapters/postgres/pattern-prune.ts'
import { sweepPatterns } from '#shared/adapters/postgres/pattern-sweep.ts'
import type { BridgeEvent } from '#shared/domain/events/event.ts'
import { toRecord } from '#shared/domain/events/record.ts'
import { toTriggerEvent } from '#shared/domain/events/trigger.ts'
import { freshDatabase } from '../support/database.ts'
import { anObservation } from '../support/observations.ts'

const now = new Date('2026-03-01T12:00:00Z')

async function open(): Promise<Sql> {
  const sql = connect(await freshDatabase(), { applicationName: 'test', max: 4 })
  onTestFinished(() => sql.end())
  return sql
}

function anEvent(id: string, time: string, attributes: BridgeEvent['attributes']): BridgeEvent {
  const recordedtime = time.replace('Z', '000Z')
  return {
    id,
    source: 'agent',
    type: 'hooks.execution.completed',
    time,
    attributes: { sessionid: 's1', recordedtime, phase: 'point', ...attributes },
    body: null,
  }
}

function triggerOf(records: readonly Pick<ReturnType<typeof toRecord>, 'headers' | 'value'>[]) {
  return toTriggerEvent(
    records.map((record, offset) => ({
      topic: 'hooks.execution',
      partition: 0,
      offset,
      timestamp: now.getTime(),
      key: 's1',
      ...record,
    })),
    { eventSource: 'aws:kafka', bootstrapServers: 'localhost:9092' },
  )
}

describe('pattern-processor', () => {
  it('learns a batch once, however often it comes, and passes over what is no event', async () => {
    const sql = await open()
    const process = patternProcessor({ learning: postgresLearning(sql), now: () => now })
    const trigger = triggerOf([
      toRecord(anEvent('1', '2026-03-01T11:00:00.000Z', { operation: 'Read' })),
      { headers: {}, value: new Uint8Array([1, 2, 3]) },
      toRecord(anEvent('2', '2026-03-01T11:00:02.000Z', { operation: 'Edit' })),
    ])
    for (let times = 0; times < 3; times++) {
      expect(await process(trigger)).toEqual({ batchItemFailures: [] })
    }
    const learned = postgresLearnedPatterns(sql)
    const graph = await learned.graph()
    expect(graph.nodes).toEqual([
      { operation: 'Edit', count: 1, starts: 0, ends: 1 },
      { operation: 'Read', count: 1, starts: 1, ends: 0 },
    ])
    expect(graph.edges).toMatchObject([{ from: 'Read', to: 'Edit', count: 1 }])
    expect((graph.edges[0]?.p50_ms ?? 0) / 2_000).toBeCloseTo(1, 1)
    expect(await learned.graph('agent')).toEqual(graph)
    expect(await learned.graph('nobody')).toEqual({ nodes: [], edges: [] })
  })

  it('throws Unavailable when the database is away', async () => {
    const sql = connect('postgres://nobody:none@127.0.0.1:1/none', { applicationName: 'test' })
    onTestFinished(() => sql.end())
    const process = patternProcessor({ learning: postgresLearning(sql), now: () => now })
    const event = anEvent('1', '2026-03-01T11:00:00.000Z', { operation: 'Read' })
    await expect(process(triggerOf([toRecord(event)]))).rejects.toMatchObject({
      kind: 'Unavailable',
    })
  })
})

describe('learning side by side', () => {
  it('counts everything once and does not deadlock', async () => {
    const sql = await open()
    const observations = Array.from({ length: 600 }, (_, i) =>
      anObservation({
        session: `s${i % 7}`,
        operation: `op${(i * 5) % 11}`,
        source: `src${i % 2}`,
      }),
    )
    const learners = [0, 1, 2, 3].map(() => postgresLearning(sql))
    // Every learner takes every batch, each beginning somewhere else.
    await Promise.all(
      learners.map(async (learning, offset) => {
        for (let i = 0; i < 12; i++) {
          const from = ((i + offset * 3) % 12) * 50
          await learning.learn(observations.slice(from, from + 50), now)
        }
      }),
    )
    const alone = await open()
    await postgresLearning(alone).learn(observations, now)
    const graph = await postgresLearnedPatterns(sql).graph()
    expect(graph).toEqual(await postgresLearnedPatterns(alone).graph())
    expect(graph.nodes.reduce((sum, { count }) => sum + count, 0)).toBe(600)
  })
})

describe('predictions', () => {
  it('keep the habits of one source from another', async () => {
    const sql = await open()
    const learning = postgresLearning(sql)
    const habit = (source: string, next: string) =>
      Array.from({ length: 6 }, (_, i) => [
        anObservation({ source, session: `${source}${i}`, operation: 'Read' }),
        anObservation({ source, session: `${source}${i}`, operation: next }),
      ]).flat()
    await learning.learn([...habit('left', 'Edit'), ...habit('right', 'Bash')], now)
    const learned = postgresLearnedPatterns(sql)
    const left = await learned.predictAfter(['Read'], 'left')
    expect(left.items[0]).toMatchObject({ operation: 'Edit', support: 6 })
    expect(left.items.map(({ operation }) => operation)).not.toContain('Bash')
    const whole = await learned.predictAfter(['Read'])
    expect(whole.items.slice(0, 2).map(({ operation }) => operation)).toEqual(['Bash', 'Edit'])
    expect(whole.context_used).toBe(1)
    expect(whole.expected_wait_ms?.p50).toBeGreaterThan(0)
  })

  it('expect nothing after what always came last, and do not take a session at work as ended', async () => {
    const sql = await open()
    const learning = postgresLearning(sql)
    for (let i = 0; i < 8; i++) {
      await learning.learn(
        ['Read', 'Edit', 'Stop'].map((operation) => anObservation({ session: `s${i}`, operation })),
        now,
      )
    }
    await learning.learn([anObservation({ session: 'now', operation: 'Read' })], now)
    const learned = postgresLearnedPatterns(sql)
    expect((await learned.predictAfter(['Edit', 'Stop'])).nothing_probability).toBeGreaterThan(0.8)
    const next = await learned.predictSession('now')
    expect(next?.items[0]).toMatchObject({ operation: 'Edit', support: 8 })
    expect(await learned.predictSession('never seen')).toBeUndefined()
    expect(await learned.predictAfter(['Unheard'], 'nobody')).toMatchObject({
      items: [],
      nothing_probability: 1,
    })
  })
})

describe('patterns', () => {
  async function withHabits() {
    const sql = await open()
    const learning = postgresLearning(sql)
    const other = ['Fetch', 'Store']
    const observations = Array.from({ length: 10 }, (_, i) => [
      ...['Read', 'Edit', 'Bash'].map((operation) =>
        anObservation({
          session: `s${i}`,
          operation,
          duration: 20_000 + i,
          outcome: operation === 'Bash' && i < 4 ? 'error' : 'ok',
        }),
      ),
      ...other.map((operation) => anObservation({ session: `t${i}`, operation })),
    ]).flat()
    await learning.learn(observations, now)
    await sweepPatterns(sql, now)
    return { sql, learned: postgresLearnedPatterns(sql) }
  }

  it('say what was learned, of every kind, and are found again by id', async () => {
    const { learned } = await withHabits()
    const { items, next } = await learned.list({}, { limit: 100 })
    expect(next).toBeNull()
    const of = (kind: string, subject: string) =>
      items.find((pattern) => pattern.kind === kind && pattern.subject === subject)
    expect(of('transition', 'Read -> Edit')).toMatchObject({
      support: 10,
      state: 'confirmed',
      source: null,
      evidence: { count: 10, out_of: 10, probability: 1 },
    })
    expect(of('sequence', 'Read -> Edit -> Bash')).toMatchObject({ support: 10 })
    expect(of('failure', 'Bash')).toMatchObject({ evidence: { errors: 4, out_of: 10 } })
    expect(of('latency', 'Read')?.evidence).toMatchObject({ count: 10 })
    expect(of('co-use', 'Edit + Read')).toMatchObject({ support: 10, evidence: { lift: 2 } })
    for (const pattern of items) {
      expect(pattern.confidence).toBeGreaterThanOrEqual(0)
      expect(pattern.confidence).toBeLessThanOrEqual(1)
      expect(pattern.first_seen <= pattern.last_seen).toBe(true)
      expect(await learned.find(pattern.id)).toEqual(pattern)
    }
    expect(await learned.find('sequence.nothing')).toBeUndefined()
  })

  it('come page by page, most confident first, and filtered', async () => {
    const { learned } = await withHabits()
    const { items: all } = await learned.list({}, { limit: 100 })
    expect(all.map(({ confidence }) => confidence)).toEqual(
      all.map(({ confidence }) => confidence).sort((a, b) => b - a),
    )
    const paged: unknown[] = []
    let cursor: string | undefined
    do {
      const page = await learned.list({}, { limit: 4, ...(cursor ? { cursor } : {}) })
      paged.push(...page.items)
      cursor = page.next ?? undefined
    } while (cursor)
    expect(paged).toEqual(all)
    const some = await learned.list({ kind: 'failure', min_confidence: 0.5 }, { limit: 9 })
    expect(some.items).toEqual(all.filter((p) => p.kind === 'failure' && p.confidence >= 0.5))
    const about = await learned.list({ subject: 'Bash', source: 'agent' }, { limit: 9 })
    expect(about.items.map(({ kind, source }) => [kind, source]).sort()).toEqual([
      ['failure', 'agent'],
      ['latency', 'agent'],
    ])
    await expect(learned.list({}, { limit: 4, cursor: 'bogus' })).rejects.toMatchObject({
      kind: 'InvalidInput',
    })
  })

  it('are the same when the sweep runs twice', async () => {
    const { sql, learned } = await withHabits()
    const before = await learned.list({}, { limit: 100 })
    expect(await sweepPatterns(sql, now)).toEqual({ sessions: 0, anomalies: 0, pruned: 0 })
    expect(await learned.list({}, { limit: 100 })).toEqual(before)
  })

  it('tell an hour that was not as usual', async () => {
    const sql = await open()
    const HOUR = 3_600_000_000
    const began = Date.parse('2026-02-20T00:00:00Z') * 1_000
    const observations = Array.from({ length: 6 * 48 }, (_, i) =>
      anObservation({
        session: null,
        operation: 'query',
        at: began + Math.floor(i / 6) * HOUR + (i % 6) * 1_000_000,
        duration: Math.floor(i / 6) === 40 ? 90_000 : 30_000 + (i % 7) * 300,
      }),
    )
    await postgresLearning(sql).learn(observations, now)
    expect(await sweepPatterns(sql, now)).toMatchObject({ anomalies: 2 })
    const { items } = await postgresLearnedPatterns(sql).list({ kind: 'anomaly' }, { limit: 9 })
    expect(items).toMatchObject([
      {
        subject: 'query',
        support: 6,
        evidence: { measure: 'latency', from: '2026-02-21T16:00:00.000Z', unit: 'ms' },
      },
    ])
  })
})

describe('the horizon', () => {
  it('drops old sessions and cuts long ones, and keeps every count', async () => {
    const sql = await open()
    const learning = postgresLearning(sql)
    const later = new Date(now.getTime() + (STEP_HORIZON_DAYS + 1) * 86_400_000)
    const old = ['Read', 'Edit'].map((operation) => anObservation({ session: 'old', operation }))
    const alone = anObservation({ session: null, operation: 'Ping' })
    const long = Array.from({ length: 150 }, (_, i) =>
      anObservation({ session: 'long', operation: `op${i % 3}` }),
    )
    await learning.learn([...old, alone, ...long], now)
    const more = Array.from({ length: 10 }, (_, i) =>
      anObservation({ session: 'long', operation: `op${i % 3}` }),
    )
    await learning.learn(more, later)
    const learned = postgresLearnedPatterns(sql)
    const graph = await learned.graph()
    expect(await sweepPatterns(sql, later)).toMatchObject({ pruned: 2 + 1 + 128 })
    expect(await learned.graph()).toEqual(graph)
    expect(await learned.predictSession('old')).toBeUndefined()

    // What comes late where steps are kept is put in its place; before that it stands alone.
    const early = anObservation({ session: 'long', operation: 'early', at: (long[5]?.at ?? 0) + 1 })
    const late = anObservation({ session: 'long', operation: 'late', at: (more[5]?.at ?? 0) + 1 })
    await learning.learn([early, late], later)
    const after = await learned.graph()
    expect(after.nodes.find(({ operation }) => operation === 'early')).toMatchObject({ count: 1 })
    expect(after.edges.filter(({ to }) => to === 'late')).toMatchObject([{ from: 'op2', count: 1 }])
    expect(after.edges.some(({ to }) => to === 'early')).toBe(false)
  })
})

import { describe, expect, it, onTestFinished } from 'vitest'
import { compatibilityActions } from '#functions/insight/compatibility.ts'
import { trafficLearner } from '#functions/traffic-learner/traffic-learner.ts'
import { memoryKeyValue } from '#shared/adapters/memory/key-value.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresLearnedPatterns } from '#shared/adapters/postgres/learned-patterns.ts'
import { postgresTraffic } from '#shared/adapters/postgres/traffic.ts'
import { postgresTrafficReading } from '#shared/adapters/postgres/traffic-reading.ts'
import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import { ownEvent } from '#shared/domain/events/own-event.ts'
import { toTriggerEvent } from '#shared/domain/events/trigger.ts'
import type { RoutingRules } from '#shared/domain/routing/rules.ts'
import { Failure } from '#shared/errors.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import { freshDatabase } from '#test/support/database.ts'

const start = Date.parse('2026-11-20T10:00:00Z')
const canaryRules: RoutingRules = {
  revision: 4,
  weights: [
    { range: '^1', weight: 90 },
    { range: '^2', weight: 10 },
  ],
  rollback: { range: '^2', falseAlarmRate: 0.05, missRate: 0.05, worseBy: 0.1 },
}

async function aLearner() {
  const sql = connect(await freshDatabase(), { applicationName: 'test', max: 4 })
  onTestFinished(() => sql.end())
  const store = memoryKeyValue()
  const told: NewRecord[] = []
  const clock = { now: start }
  let isLogAway = false
  const events = {
    append: async (records: readonly NewRecord[]) => {
      if (isLogAway) throw new Failure('Unavailable', 'gone')
      told.push(...records)
      return []
    },
  }
  const traffic = postgresTraffic(sql)
  const learner = trafficLearner({ traffic, store, events, now: () => new Date(clock.now) })
  return {
    ...{ ...learner, sql, store, told, clock, traffic },
    async rules(): Promise<RoutingRules | undefined> {
      const entry = await store.get(catalogKeys.rules('billing'))
      return entry && JSON.parse(entry.value)
    },
    setRules: (rules: RoutingRules) =>
      store.set(catalogKeys.rules('billing'), JSON.stringify(rules)),
    setLogAway: (isAway: boolean) => {
      isLogAway = isAway
    },
  }
}

type Told = Readonly<{
  version?: string
  status?: number
  ms?: number
  fault?: string
  wanted?: string
  revision?: number
  cache?: string
  body?: unknown
  digest?: string
  source?: string
}>

let nextId = 0

function aCall(told: Told = {}): NewRecord {
  const { version = '1.0.0', status = 200, ms = 10, fault, wanted, revision = 4, body } = told
  nextId += 1
  return ownEvent({
    id: `call-${nextId}`,
    source: told.source ?? 'tool-proxy',
    type: 'tools.calls.completed',
    at: start * 1_000,
    data: {
      ...{ operation: 'billing GET /invoices/{id}', service: 'billing', method: 'GET' },
      ...{
        path: '/invoices/7',
        status,
        outcome: status < 500 ? 'ok' : 'error',
        duration_ms: ms + 1,
      },
      ...(fault === undefined ? {} : { fault: { kind: fault, detail: '' } }),
      timings: { upstream_ms: ms, total_ms: ms + 1 },
      response: {
        headers: {},
        bytes: 10,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        ...(told.digest === undefined ? {} : { digest: told.digest }),
      },
      route: { version, revision, cache: told.cache ?? 'off', ...(wanted ? { wanted } : {}) },
    },
  })
}

const batch = (records: readonly NewRecord[]) =>
  toTriggerEvent(
    records.map((record, offset) => ({ ...record, partition: 0, offset, timestamp: start })),
    { eventSource: 'aws:kafka', bootstrapServers: 'localhost:9092' },
  )

const repeat = (times: number, call: (nr: number) => NewRecord) =>
  Array.from({ length: times }, (_, nr) => call(nr))

describe('traffic-learner', () => {
  it('gives the proxy the times of operations, by version', async () => {
    const { learn, store } = await aLearner()
    await learn(batch(repeat(100, (nr) => aCall({ ms: nr + 1 }))))
    const entry = await store.get(catalogKeys.learned('billing'))
    const [learned] = JSON.parse(entry?.value ?? '[]')
    expect(learned).toMatchObject({ operation: 'GET /invoices/{id}', version: '1.0.0', calls: 100 })
    expect(learned.p50Ms).toBeCloseTo(50, -1)
    expect(learned.p95Ms / 95).toBeCloseTo(1, 1)
    expect(learned.p99Ms / 99).toBeCloseTo(1, 1)
  })

  it('counts a call once, however often and in whatever batches its event comes', async () => {
    const { learn, sql } = await aLearner()
    const calls = repeat(40, () => aCall({ status: 500 }))
    await learn(batch(calls))
    await learn(batch([...calls.slice(20), ...calls]))
    await Promise.all([learn(batch(calls)), learn(batch(calls.toReversed()))])
    expect(await sql`select calls, failures from traffic.operation`).toEqual([
      { calls: 40, failures: 40 },
    ])
  })

  it('takes batches side by side', async () => {
    const { learn, sql } = await aLearner()
    const versions = ['1.0.0', '2.0.0', '3.0.0']
    const one = () =>
      batch(repeat(60, (nr) => aCall({ version: versions[nr % 3] as string, body: { id: nr } })))
    await Promise.all(repeat(8, () => aCall()).map(() => learn(one())))
    const [row] = await sql`select sum(calls)::int as calls from traffic.operation`
    expect(row).toEqual({ calls: 480 })
  })

  it.each([
    { what: 'a call that was refused', call: { fault: 'forbidden', status: 403 } },
    { what: 'a call that an open circuit refused', call: { fault: 'circuit-open', status: 503 } },
    { what: 'an answer from the cache', call: { cache: 'hit' } },
    { what: "a sender's own event of that type", call: { source: 'someone' } },
  ])('does not count $what', async ({ call }) => {
    const { learn, sql } = await aLearner()
    await learn(batch([aCall(call)]))
    expect(await sql`select * from traffic.operation`).toEqual([])
  })

  it.each([
    { status: 500, failures: 1 },
    { status: 404, failures: 0 },
    { fault: 'timeout', status: 504, failures: 1 },
    { fault: 'unreachable', status: 502, failures: 1 },
  ])('counts $status $fault as $failures failures', async ({ failures, ...call }) => {
    const { learn, sql } = await aLearner()
    await learn(batch([aCall(call)]))
    expect(await sql`select failures from traffic.operation`).toEqual([{ failures }])
  })

  it('waits some seconds before it gives away more, then does, calls or none', async () => {
    const { learn, sweep, store, clock } = await aLearner()
    const learned = async () => {
      const entry = await store.get(catalogKeys.learned('billing'))
      return JSON.parse(entry?.value ?? '[]')[0]?.calls
    }
    await learn(batch(repeat(30, () => aCall())))
    clock.now += 1_000
    await learn(batch(repeat(30, () => aCall({ ms: 100 }))))
    expect(await learned()).toBe(30)
    clock.now += 5_000
    await sweep()
    expect(await learned()).toBe(60)
  })
})

describe('a canary', () => {
  const worse = () => [
    ...repeat(400, () => aCall()),
    ...repeat(100, (nr) => aCall({ version: '2.0.0', status: nr % 5 === 0 ? 500 : 200 })),
  ]

  it('that is worse loses its weight, once, and an event says why', async () => {
    const { learn, rules, setRules, told, sql } = await aLearner()
    await setRules(canaryRules)
    await learn(batch(worse()))
    await learn(batch(worse()))
    expect(await rules()).toEqual({
      ...canaryRules,
      revision: 5,
      changedAt: '2026-11-20T10:00:00.000Z',
      changedBy: 'traffic-learner',
      weights: [
        { range: '^1', weight: 90 },
        { range: '^2', weight: 0 },
      ],
    })
    expect(told.map(({ headers }) => headers.ce_type)).toEqual(['services.lifecycle.rolled_back'])
    expect(String(Buffer.from(told[0]?.value ?? []))).toContain('it failed 20 of 100 calls')
    expect(await sql`select state, announced from traffic.trial`).toEqual([
      { state: 'worse', announced: true },
    ])
  })

  it('that is as good keeps it', async () => {
    const { learn, rules, setRules, told, sql } = await aLearner()
    await setRules(canaryRules)
    const spread = (nr: number) => 10 + (nr % 7)
    await learn(batch(repeat(2_000, (nr) => aCall({ ms: spread(nr) }))))
    await learn(batch(repeat(400, (nr) => aCall({ version: '2.0.0', ms: spread(nr) }))))
    expect(await rules()).toEqual(canaryRules)
    expect(told).toEqual([])
    expect(await sql`select state from traffic.trial`).toEqual([{ state: 'as-good' }])
  })

  it.each([
    { what: 'calls that asked for a version', with: { wanted: '^2' } },
    { what: 'calls that earlier rules decided', with: { revision: 3 } },
  ])('is not judged by $what', async (given) => {
    const { learn, rules, setRules } = await aLearner()
    await setRules(canaryRules)
    const failing = { version: '2.0.0', status: 500, ...given.with }
    await learn(batch([...repeat(100, () => aCall()), ...repeat(100, () => aCall(failing))]))
    expect(await rules()).toEqual(canaryRules)
  })

  it('is not said to be taken back where an operator changed the rules first', async () => {
    const { learn, sweep, rules, setRules, store, told, sql } = await aLearner()
    await setRules(canaryRules)
    const changed = { ...canaryRules, revision: 5, changedBy: 'an operator' }
    const { replace } = store
    store.replace = async (...given) => {
      await setRules(changed)
      return replace(...given)
    }
    await learn(batch(worse()))
    await sweep()
    expect(await rules()).toEqual(changed)
    expect(told).toEqual([])
    expect(await sql`select announced from traffic.trial`).toEqual([{ announced: true }])
  })

  it('whose rollback was broken off is announced later', async () => {
    const { learn, sweep, rules, setRules, setLogAway, told } = await aLearner()
    await setRules(canaryRules)
    setLogAway(true)
    await expect(learn(batch(worse()))).rejects.toMatchObject({ kind: 'Unavailable' })
    expect((await rules())?.revision).toBe(5)
    setLogAway(false)
    await sweep()
    await sweep()
    expect(told).toHaveLength(1)
    expect((await rules())?.revision).toBe(5)
  })
})

describe('what is old', () => {
  it('is forgotten', async () => {
    const { learn, sweep, clock, sql } = await aLearner()
    await learn(batch([aCall({ digest: 'sha-256:a' })]))
    clock.now += 31 * 86_400_000
    await sweep()
    for (const table of ['seen', 'operation', 'answer']) {
      expect(await sql`select from ${sql(`traffic.${table}`)}`).toHaveLength(0)
    }
  })
})

describe('what calls have taught, for people', () => {
  it('compares versions: failures, times, shapes of answers, and the trial between them', async () => {
    const { learn, sql, setRules } = await aLearner()
    await setRules(canaryRules)
    const one = (nr: number) => aCall({ body: { id: nr, note: nr % 2 ? 'x' : null, total: 1 } })
    const two = (nr: number) =>
      aCall({ version: '2.0.0', ms: 20, body: { id: String(nr), note: 'x', items: [{ a: 1 }] } })
    await learn(batch([...repeat(60, one), ...repeat(60, two)]))
    const actions = compatibilityActions(postgresTrafficReading(sql))
    const request = { params: { name: 'billing' }, query: {} }
    const ask = actions['GET /services/{name}/compatibility']
    const { body } = await ask(request as unknown as Parameters<typeof ask>[0])
    expect(body).toMatchObject({
      operations: [
        {
          operation: 'GET /invoices/{id}',
          versions: [
            { version: '1.0.0', calls: 60, failures: 0 },
            { version: '2.0.0', calls: 60, failures: 0 },
          ],
          pairs: [
            {
              from: '1.0.0',
              to: '2.0.0',
              answers: [
                { place: '/id', kind: 'type-changed', from: ['number'], to: ['string'] },
                { place: '/items', kind: 'added' },
                { place: '/note', kind: 'type-changed' },
                { place: '/total', kind: 'removed' },
              ],
            },
          ],
        },
      ],
      trial: { revision: 4, canary: { calls: 60 }, baseline: { calls: 60 } },
    })
  })

  it('advises: what could be cached, what is slow, what flaps', async () => {
    const { sql } = await aLearner()
    const change = (nr: number) =>
      ownEvent({
        id: `change-${nr}`,
        source: 'service-watcher',
        type: 'services.health.critical',
        at: Date.now() * 1_000,
        data: { service: 'billing', instance: 'b-1' },
      })
    const learnNow = trafficLearner({
      traffic: postgresTraffic(sql),
      store: memoryKeyValue(),
      events: { append: async () => [] },
      now: () => new Date(),
    })
    await learnNow.learn(batch(repeat(60, () => aCall({ digest: 'sha-256:a', ms: 1_500 }))))
    await learnNow.learn(batch(repeat(6, change)))
    const { items } = await postgresLearnedPatterns(sql).list({}, { limit: 10 })
    expect(items.map(({ kind, subject, state }) => ({ kind, subject, state }))).toEqual([
      { kind: 'slow', subject: 'billing GET /invoices/{id}', state: 'confirmed' },
      { kind: 'flapping', subject: 'billing b-1', state: 'confirmed' },
      { kind: 'cacheable', subject: 'billing GET /invoices/{id}', state: 'confirmed' },
    ])
    const [slow] = items
    expect(await postgresLearnedPatterns(sql).find(slow?.id ?? '')).toEqual(slow)
  })
})

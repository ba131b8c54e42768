import { describe, expect, it } from 'vitest'
import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { ChoiceWish } from '#shared/domain/resilience/instance-choice.ts'
import { instanceChooser } from '#shared/domain/resilience/instance-chooser.ts'
import type { SharedBreaker } from '#shared/domain/resilience/shared-breaker.ts'
import type { Verdict } from '#shared/domain/resilience/verdict.ts'
import {
  aCatalog,
  anInstance,
  chosen,
  finish,
  seeded,
  someInstances,
} from '#test/support/resilience.ts'

const START = 1_000_000

function aChooser() {
  const transitions: SharedBreaker[] = []
  const chooser = instanceChooser({
    random: seeded(7),
    onTransition: (breaker) => transitions.push(breaker),
  })
  return { chooser, transitions }
}

/** Calls one after the other, a ms apart; answers how many each instance got. */
function callMany(
  { chooser }: ReturnType<typeof aChooser>,
  catalog: ServiceCatalog,
  times: number,
  {
    wish = {},
    verdict = () => 'ok',
    latency = () => 5,
    from = START,
  }: {
    wish?: Partial<ChoiceWish>
    verdict?: (id: string) => Verdict
    latency?: (id: string) => number
    from?: number
  } = {},
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (let n = 0; n < times; n++) {
    const nowMs = from + n
    const choice = chosen(chooser.choose(catalog, { nowMs, ...wish }))
    const { id } = choice.instance
    counts[id] = (counts[id] ?? 0) + 1
    finish(choice, verdict(id), nowMs, latency(id))
  }
  return counts
}

const share = (counts: Readonly<Record<string, number>>, id: string) =>
  (counts[id] ?? 0) / Object.values(counts).reduce((sum, count) => sum + count, 0)

describe('which instances may be chosen', () => {
  it('refuses where there is none, or none is well', () => {
    const { chooser } = aChooser()
    const ill = [
      anInstance('a', { health: 'critical' }),
      anInstance('b', { health: 'maintenance' }),
    ]
    for (const instances of [[], ill]) {
      const choice = chooser.choose(aCatalog(instances), { nowMs: START })
      expect(choice).toMatchObject({ type: 'refused', refusal: 'no-instance', retryAfterMs: 0 })
    }
  })

  it('passes over those that are not well', () => {
    const catalog = aCatalog([
      anInstance('a'),
      anInstance('b', { health: 'critical' }),
      anInstance('c', { health: 'maintenance' }),
    ])
    expect(callMany(aChooser(), catalog, 100)).toEqual({ a: 100 })
  })

  it('gives those with a warning less', () => {
    const catalog = aCatalog([anInstance('a'), anInstance('b', { health: 'warning' })])
    expect(share(callMany(aChooser(), catalog, 1_000), 'b')).toBeLessThan(0.4)
  })

  it('keeps to the candidates', () => {
    const instances = someInstances(10)
    const candidates = instances.slice(3, 5)
    const counts = callMany(aChooser(), aCatalog(instances), 200, { wish: { candidates } })
    expect(Object.keys(counts).sort()).toEqual(['i3', 'i4'])
  })

  it('takes another one than those that were tried, and says when there is none', () => {
    const one = aChooser()
    const catalog = aCatalog(someInstances(3))
    const counts = callMany(one, catalog, 100, { wish: { exclude: new Set(['i0', 'i2']) } })
    expect(counts).toEqual({ i1: 100 })
    const exclude = new Set(['i0', 'i1', 'i2'])
    const choice = one.chooser.choose(catalog, { nowMs: START, exclude })
    expect(choice).toMatchObject({ type: 'refused', refusal: 'excluded' })
  })
})

describe('latency and load', () => {
  it('gives equals equal shares', () => {
    const counts = callMany(aChooser(), aCatalog(someInstances(4)), 4_000)
    for (const id of ['i0', 'i1', 'i2', 'i3']) expect(share(counts, id)).toBeCloseTo(0.25, 1)
  })

  it('gives one that answers slowly little', () => {
    const latency = (id: string) => (id === 'i0' ? 100 : 5)
    const counts = callMany(aChooser(), aCatalog(someInstances(4)), 4_000, { latency })
    expect(share(counts, 'i0')).toBeLessThan(0.05)
  })

  it('does not take one that fails at once for a quick one', () => {
    const one = aChooser()
    const rules = { revision: 1, breaker: { failures: 1_000 } }
    const catalog = aCatalog(someInstances(2), { rules })
    const counts = callMany(one, catalog, 200, {
      verdict: (id) => (id === 'i0' ? 'fault' : 'ok'),
      latency: (id) => (id === 'i0' ? 0.5 : 20),
    })
    expect(share(counts, 'i0')).toBeLessThan(0.05)
  })

  it('takes the one with fewer calls under way', () => {
    const { chooser } = aChooser()
    const catalog = aCatalog(someInstances(2))
    callMany({ chooser, transitions: [] }, catalog, 100)
    const open = Array.from({ length: 40 }, () => chosen(chooser.choose(catalog, { nowMs: START })))
    const ofOne = open.filter(({ instance }) => instance.id === 'i0').length
    expect(ofOne).toBeGreaterThanOrEqual(19)
    expect(ofOne).toBeLessThanOrEqual(21)
  })

  it('notices that one is slow from calls that nobody waited for', () => {
    const one = aChooser()
    const catalog = aCatalog(someInstances(2))
    callMany(one, catalog, 20)
    const wish = { exclude: new Set(['i1']) }
    const verdict = (): Verdict => 'abandoned'
    callMany(one, catalog, 1, { wish, verdict, latency: () => 900, from: START + 20 })
    expect(callMany(one, catalog, 100, { from: START + 1_000 }).i0).toBeUndefined()
  })

  it('does not flood a new one before it has answered', () => {
    const one = aChooser()
    const old = someInstances(3)
    callMany(one, aCatalog(old), 300)
    const catalog = aCatalog([...old, anInstance('new')])
    const open = Array.from({ length: 50 }, () =>
      chosen(one.chooser.choose(catalog, { nowMs: START })),
    )
    expect(open.filter(({ instance }) => instance.id === 'new')).toHaveLength(1)
    for (const { ended } of open) ended({ nowMs: START + 5, latencyMs: 5, verdict: 'ok' })
    expect(share(callMany(one, catalog, 1_000, { from: START + 10 }), 'new')).toBeCloseTo(0.25, 1)
  })

  it('forgets one that went and came back at another place', () => {
    const one = aChooser()
    const verdict = (id: string): Verdict => (id === 'i0' ? 'fault' : 'ok')
    const rules = { revision: 1, breaker: { failures: 1 } }
    callMany(one, aCatalog(someInstances(2), { rules }), 500, { verdict })
    expect(one.transitions).toMatchObject([{ instance: 'i0', state: 'open' }])
    const back = [anInstance('i0', { port: 8_001 }), anInstance('i1')]
    const counts = callMany(one, aCatalog(back, { rules }), 1_000, { from: START + 600 })
    expect(share(counts, 'i0')).toBeGreaterThan(0.3)
  })
})

describe('sessions', () => {
  const rules = { revision: 1, stickiness: 'session' } as const
  const sessions = Array.from({ length: 300 }, (_, nr) => `session-${nr}`)
  const placesOf = (one: ReturnType<typeof aChooser>, catalog: ServiceCatalog) =>
    sessions.map((session) => Object.keys(callMany(one, catalog, 1, { wish: { session } }))[0])

  it('keeps a session where it is, in every process', () => {
    const catalog = aCatalog(someInstances(5), { rules })
    const places = placesOf(aChooser(), catalog)
    expect(placesOf(aChooser(), catalog)).toEqual(places)
    for (const { id } of catalog.instances) {
      expect(places.filter((place) => place === id).length).toBeGreaterThan(30)
    }
  })

  it('moves the sessions of an instance that went, and no other', () => {
    const instances = someInstances(5)
    const before = placesOf(aChooser(), aCatalog(instances, { rules }))
    const after = placesOf(aChooser(), aCatalog(instances.slice(1), { rules }))
    const moved = before.filter((place, nr) => place !== after[nr])
    expect(moved.length).toBeGreaterThan(0)
    expect(new Set(moved)).toEqual(new Set(['i0']))
  })

  it('goes elsewhere while its instance has many more calls than the others', () => {
    const { chooser } = aChooser()
    const catalog = aCatalog(someInstances(4), { rules })
    const counts = new Map<string, number>()
    for (let n = 0; n < 100; n++) {
      const { instance } = chosen(chooser.choose(catalog, { nowMs: START, session: 'busy' }))
      counts.set(instance.id, (counts.get(instance.id) ?? 0) + 1)
    }
    expect(counts.size).toBeGreaterThanOrEqual(2)
    expect(Math.max(...counts.values())).toBeLessThanOrEqual(50)
  })

  it('does not bind a session where rules do not say so', () => {
    const wish = { session: 'one' }
    const counts = callMany(aChooser(), aCatalog(someInstances(4)), 400, { wish })
    expect(Object.keys(counts)).toHaveLength(4)
  })
})

describe('zones', () => {
  const zoned = (zone: string, count: number, told = {}) =>
    Array.from({ length: count }, (_, nr) => anInstance(`${zone}${nr}`, { zone, ...told }))
  const inZone = (counts: Readonly<Record<string, number>>, zone: string) =>
    Object.entries(counts).reduce((sum, [id, n]) => sum + (id.startsWith(zone) ? n : 0), 0)

  it('stays in the zone while that has enough', () => {
    const catalog = aCatalog([...zoned('a', 3), ...zoned('b', 3)])
    const counts = callMany(aChooser(), catalog, 500, { wish: { zone: 'a' } })
    expect(inZone(counts, 'a')).toBe(500)
  })

  it('goes beyond by as much as the zone lacks', () => {
    const ill = zoned('a', 6)
      .slice(2)
      .map((one) => ({ ...one, health: 'critical' as const }))
    const catalog = aCatalog([...zoned('a', 2), ...ill, ...zoned('b', 6)])
    const counts = callMany(aChooser(), catalog, 2_000, { wish: { zone: 'a' } })
    expect(inZone(counts, 'a') / 2_000).toBeCloseTo((1.4 * 2) / 6, 1)
  })

  it('does not load one instance with all of a zone', () => {
    const catalog = aCatalog([...zoned('a', 1), ...zoned('b', 9)])
    const counts = callMany(aChooser(), catalog, 2_000, { wish: { zone: 'a' } })
    expect(inZone(counts, 'a') / 2_000).toBeCloseTo(1.4 / 5, 1)
  })

  it('goes beyond when the zone has none, and is no matter to those without one', () => {
    const catalog = aCatalog(someInstances(3))
    expect(inZone(callMany(aChooser(), catalog, 100, { wish: { zone: 'a' } }), 'i')).toBe(100)
  })
})

describe('circuits', () => {
  const isDown = (): Verdict => 'fault'

  it('refuses at once when the service is down, and says when to come back', () => {
    const one = aChooser()
    const catalog = aCatalog(someInstances(3))
    callMany(one, catalog, 5, { verdict: isDown })
    expect(one.transitions).toMatchObject([{ instance: '*', state: 'open' }])
    const choice = one.chooser.choose(catalog, { nowMs: START + 1_009 })
    expect(choice).toMatchObject({
      ...{ type: 'refused', refusal: 'circuit-open', retryAfterMs: 29_000 },
      why: "the service's circuit is open: 5 faults in a row",
    })
  })

  it('does not take the end of one instance for the end of the service', () => {
    const one = aChooser()
    const catalog = aCatalog(someInstances(2))
    const underWay = Array.from({ length: 50 }, () =>
      chosen(one.chooser.choose(catalog, { nowMs: START })),
    )
    for (const { instance, ended } of underWay) {
      if (instance.id === 'i0') ended({ nowMs: START + 5, latencyMs: 5, verdict: 'fault' })
    }
    expect(one.transitions).toMatchObject([{ instance: 'i0', state: 'open' }])
    expect(callMany(one, catalog, 20, { from: START + 10 })).toEqual({ i1: 20 })
  })

  it('opens for answers that are too slow, of all instances', () => {
    const one = aChooser()
    const rules = { revision: 1, breaker: { slowMs: 100 } }
    callMany(one, aCatalog(someInstances(3), { rules }), 5, { latency: () => 101 })
    expect(one.transitions).toMatchObject([{ instance: '*', state: 'open' }])
  })

  it('lets one call try it, and refuses the others meanwhile', () => {
    const one = aChooser()
    const catalog = aCatalog(someInstances(3))
    callMany(one, catalog, 5, { verdict: isDown })
    const nowMs = START + 60_000
    const trial = one.chooser.choose(catalog, { nowMs })
    const other = one.chooser.choose(catalog, { nowMs })
    expect(other).toMatchObject({ refusal: 'circuit-open', retryAfterMs: 1_000 })
    finish(trial, 'ok', nowMs)
    expect(one.transitions.map(({ state }) => state)).toEqual(['open', 'half-open', 'closed'])
    expect(one.chooser.choose(catalog, { nowMs: nowMs + 10 }).type).toBe('chosen')
  })

  it('passes over an instance that is broken, and tries it by and by', () => {
    const one = aChooser()
    const rules = { revision: 1, breaker: { failures: 1 } }
    const catalog = aCatalog(someInstances(3), { rules })
    let isBroken = true
    const verdict = (id: string): Verdict => (isBroken && id === 'i0' ? 'fault' : 'ok')
    callMany(one, catalog, 500, { verdict })
    expect(one.transitions).toMatchObject([{ instance: 'i0', state: 'open' }])
    expect(callMany(one, catalog, 500, { verdict, from: START + 1_000 }).i0).toBeUndefined()
    isBroken = false
    const wish = { repeatable: true }
    const counts = callMany(one, catalog, 500, { verdict, wish, from: START + 60_000 })
    expect(counts.i0).toBeGreaterThan(0)
    expect(one.transitions.map(({ state }) => state)).toEqual(['open', 'half-open', 'closed'])
  })

  it('does not try with what can not be repeated, unless nobody else has for long', () => {
    const one = aChooser()
    const rules = { revision: 1, breaker: { failures: 1 } }
    const catalog = aCatalog(someInstances(2), { rules })
    const verdict = (id: string): Verdict => (id === 'i0' ? 'fault' : 'ok')
    callMany(one, catalog, 500, { verdict })
    expect(callMany(one, catalog, 50, { verdict, from: START + 31_000 }).i0).toBeUndefined()
    expect(callMany(one, catalog, 50, { verdict, from: START + 62_000 }).i0).toBe(1)
  })

  it('refuses when the circuits of all instances are open', () => {
    const one = aChooser()
    const open = (instance: string, retryAt: number): SharedBreaker => ({
      ...{ service: 'invoices', instance, state: 'open', since: START, reason: 'x', retryAt },
    })
    const breakers = [open('i0', START + 40_000), open('i1', START + 40_000)]
    const choice = one.chooser.choose(aCatalog(someInstances(2), { breakers }), { nowMs: START })
    expect(choice).toMatchObject({ type: 'refused', refusal: 'circuit-open' })
    expect(choice.type === 'refused' && choice.retryAfterMs).toBeGreaterThanOrEqual(40_000)
  })

  it('goes by what the catalog says from the next call on', () => {
    const one = aChooser()
    const instances = someInstances(2)
    callMany(one, aCatalog(instances), 10)
    const open: SharedBreaker = {
      ...{ service: 'invoices', instance: 'i0', state: 'open', since: START + 100, reason: 'x' },
      retryAt: START + 30_100,
    }
    const from = START + 200
    expect(
      callMany(one, aCatalog(instances, { breakers: [open] }), 100, { from }).i0,
    ).toBeUndefined()
    const reset: SharedBreaker = { ...open, state: 'closed', since: START + 400, retryAt: 0 }
    const after = callMany(one, aCatalog(instances, { breakers: [reset] }), 100, { from })
    expect(after.i0).toBeGreaterThan(20)
    expect(one.transitions).toEqual([])
  })

  it('counts an end once', () => {
    const one = aChooser()
    const catalog = aCatalog(someInstances(1))
    const { ended } = chosen(one.chooser.choose(catalog, { nowMs: START }))
    for (let n = 0; n < 10; n++) ended({ nowMs: START, latencyMs: 1, verdict: 'fault' })
    expect(one.transitions).toEqual([])
  })
})

it('keeps what it knows of the thousand services called last', () => {
  const one = aChooser()
  const catalogOf = (nr: number) => aCatalog(someInstances(1), { service: `s${nr}` })
  const rules = { revision: 1, breaker: { failures: 1 } }
  finish(one.chooser.choose({ ...catalogOf(0), rules }, { nowMs: START }), 'fault', START)
  expect(one.chooser.choose(catalogOf(0), { nowMs: START + 10 }).type).toBe('refused')
  for (let nr = 1; nr <= 1_000; nr++) callMany(one, catalogOf(nr), 1, { from: START + 20 + nr })
  expect(one.chooser.choose(catalogOf(0), { nowMs: START + 2_000 }).type).toBe('chosen')
})

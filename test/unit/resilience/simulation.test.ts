import { describe, expect, it } from 'vitest'
import { aCatalog, someInstances } from '#test/support/resilience.ts'
import {
  type Behaviour,
  type SimulatedCall,
  simulate,
  wellIn,
} from '#test/support/service-simulation.ts'

const share = <Item>(items: readonly Item[], holds: (item: Item) => boolean) =>
  items.filter(holds).length / items.length
const attemptsOf = (calls: readonly SimulatedCall[]) => calls.flatMap(({ attempts }) => attempts)

describe('an instance that is killed under load', () => {
  const KILLED_AT = 5_000
  /** What is under way is reset; afterwards connections are refused, and no health check says so. */
  const killed: Behaviour = (instance, atMs, random) => {
    const { answered, ms } = wellIn(20, random)
    if (instance !== 'i0' || atMs + ms < KILLED_AT) return { answered, ms }
    if (atMs < KILLED_AT) return { answered: { fault: 'reset' }, ms: KILLED_AT - atMs }
    return { answered: { fault: 'unreachable' }, ms: 1 }
  }
  const load = { behaviour: killed, perSecond: 500, ms: 40_000 }

  it.each([2, 3, 10])(
    'fails less than 1 % of idempotent calls, and none after a second, of %i',
    (count) => {
      for (let seed = 1; seed <= 5; seed++) {
        const { calls } = simulate({ ...load, catalog: aCatalog(someInstances(count)), seed })
        const since = calls.filter(
          ({ atMs }) => atMs > KILLED_AT - 1_000 && atMs < KILLED_AT + 1_000,
        )
        expect(share(since, ({ ok }) => !ok)).toBeLessThan(0.01)
        const after = calls.filter(({ atMs }) => atMs > KILLED_AT + 1_000)
        expect(after.filter(({ ok }) => !ok)).toEqual([])
      }
    },
  )

  it('fails of the others only what was under way there, and nothing after a second', () => {
    const catalog = aCatalog(someInstances(3))
    const { calls, transitions } = simulate({ ...load, catalog, idempotent: false })
    const failed = calls.filter(({ ok }) => !ok)
    expect(failed.every(({ atMs }) => atMs > KILLED_AT - 500 && atMs <= KILLED_AT)).toBe(true)
    expect(failed.length).toBeGreaterThan(0)
    expect(transitions.every(({ instance }) => instance === 'i0')).toBe(true)
  })

  it('asks the dead one no more than its circuit and its trials take', () => {
    const { calls } = simulate({ ...load, catalog: aCatalog(someInstances(3)) })
    const after = calls.filter(({ atMs }) => atMs > KILLED_AT)
    expect(attemptsOf(after).filter((id) => id === 'i0').length).toBeLessThanOrEqual(10)
  })
})

describe('an instance that is slow', () => {
  it('gets little', () => {
    const behaviour: Behaviour = (id, _, random) => wellIn(id === 'i0' ? 400 : 20, random)
    const catalog = aCatalog(someInstances(4))
    const { calls } = simulate({ behaviour, catalog, perSecond: 300, ms: 30_000 })
    expect(share(attemptsOf(calls), (id) => id === 'i0')).toBeLessThan(0.03)
  })

  it('gets its share again once it is quick', () => {
    const behaviour: Behaviour = (id, atMs, random) =>
      wellIn(id === 'i0' && atMs < 10_000 ? 400 : 20, random)
    const catalog = aCatalog(someInstances(4))
    const { calls } = simulate({ behaviour, catalog, perSecond: 300, ms: 120_000 })
    const late = calls.filter(({ atMs }) => atMs > 90_000)
    expect(share(attemptsOf(late), (id) => id === 'i0')).toBeGreaterThan(0.15)
  })
})

describe('an instance that fails often', () => {
  const rules = { revision: 1, breaker: { failures: 1_000 } }

  it('is left out for a while, though no circuit opens', () => {
    const behaviour: Behaviour = (id, _, random) => {
      const fails = id === 'i0' && random() < 0.5
      return fails ? { answered: { status: 500 }, ms: 20 } : wellIn(20, random)
    }
    const catalog = aCatalog(someInstances(5), { rules })
    const { calls, transitions } = simulate({ behaviour, catalog, perSecond: 200, ms: 60_000 })
    expect(transitions).toEqual([])
    expect(share(attemptsOf(calls), (id) => id === 'i0')).toBeLessThan(0.05)
  })

  it('leaves out a third at most, and never the last one', () => {
    const behaviour: Behaviour = (id, _, random) => {
      const isWell = id === 'i8' || id === 'i7' || id === 'i6'
      return isWell ? wellIn(20, random) : { answered: { status: 500 }, ms: 20 }
    }
    const catalog = aCatalog(someInstances(9), { rules })
    const { calls } = simulate({ behaviour, catalog, perSecond: 200, ms: 60_000 })
    const late = calls.filter(({ atMs }) => atMs > 20_000)
    const asked = new Set(attemptsOf(late))
    expect(asked.size).toBeGreaterThanOrEqual(6)
    const alone: Behaviour = () => ({ answered: { status: 500 }, ms: 20 })
    const one = simulate({
      behaviour: alone,
      catalog: aCatalog(someInstances(1), { rules }),
      perSecond: 50,
      ms: 10_000,
    })
    expect(one.calls.every(({ attempts }) => attempts.length === 1)).toBe(true)
  })
})

describe('retries', () => {
  it.each([0.05, 0.1, 0.3])('add no more than their share of %f when all fail', (budget) => {
    const behaviour: Behaviour = () => ({ answered: { status: 503 }, ms: 20 })
    const rules = { revision: 1, breaker: { failures: 1_000_000 }, retry: { budget } }
    const catalog = aCatalog(someInstances(5), { rules })
    const { calls } = simulate({ behaviour, catalog, perSecond: 500, ms: 30_000 })
    const amplification = attemptsOf(calls).length / calls.length
    expect(amplification).toBeLessThanOrEqual(1 + budget + 0.005)
    expect(amplification).toBeGreaterThan(1 + budget * 0.8)
  })

  it('are there where traffic is little', () => {
    const behaviour: Behaviour = (id, _, random) =>
      id === 'i0' ? { answered: { status: 503 }, ms: 5 } : wellIn(20, random)
    const rules = { revision: 1, breaker: { failures: 1_000_000 } }
    const catalog = aCatalog(someInstances(2), { rules })
    const { calls } = simulate({ behaviour, catalog, perSecond: 0.2, ms: 600_000 })
    expect(calls.every(({ ok }) => ok)).toBe(true)
  })
})

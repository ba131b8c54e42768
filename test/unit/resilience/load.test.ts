import { expect, it } from 'vitest'
import { begin, costOf, DECAY_MS, newLoad, observe } from '#shared/domain/resilience/load.ts'

const NOW = 1_000_000

function after(...latencies: readonly number[]) {
  const load = newLoad()
  for (const latency of latencies) observe(load, latency, false, NOW)
  return load
}

it('costs its latency, times the calls that share it', () => {
  const load = after(20)
  expect(costOf(load, NOW)).toBe(20)
  load.inFlight = 4
  expect(costOf(load, NOW)).toBe(100)
})

it('takes a higher latency at once, and a lower one by and by', () => {
  const load = after(20, 500)
  expect(costOf(load, NOW)).toBe(500)
  observe(load, 20, false, NOW + 1_000)
  expect(costOf(load, NOW + 1_000)).toBeCloseTo(500 * Math.exp(-0.1) + 20 * (1 - Math.exp(-0.1)))
})

it('costs at least what its oldest call has waited, until that has ended', () => {
  const load = after(2)
  const endFirst = begin(load, NOW)
  const endSecond = begin(load, NOW + 50)
  expect(costOf(load, NOW + 100)).toBe(300)
  endFirst()
  expect(costOf(load, NOW + 100)).toBe(100)
  endSecond()
  expect(costOf(load, NOW + 100)).toBeCloseTo(2, 1)
})

it('fades without calls', () => {
  expect(costOf(after(100), NOW + DECAY_MS)).toBeCloseTo(100 / Math.E)
})

it('counts a fault as an answer three times as slow as usual, however quick it was', () => {
  const load = after(100)
  observe(load, 1, true, NOW)
  expect(costOf(load, NOW)).toBe(300)
  const never = newLoad()
  observe(never, 1, true, NOW)
  expect(costOf(never, NOW)).toBe(50)
})

it('counts no more than a minute, however often it fails', () => {
  const load = after(100)
  for (let n = 0; n < 50; n++) observe(load, 1, true, NOW)
  expect(costOf(load, NOW)).toBe(60_000)
})

it('costs as usual before anything is known, and a lot once it has a call', () => {
  const load = newLoad()
  expect(costOf(load, NOW, 20)).toBe(20)
  load.inFlight = 1
  expect(costOf(load, NOW, 20)).toBeGreaterThan(10_000)
})

it('is not shaken by a clock that goes back', () => {
  const load = after(100)
  observe(load, 50, false, NOW - 60_000)
  expect(costOf(load, NOW - 60_000)).toBe(100)
})

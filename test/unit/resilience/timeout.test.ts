import { describe, expect, it } from 'vitest'
import type { LearnedOperation } from '#shared/domain/catalog/learned-operation.ts'
import { hedgeDelayOf, patienceOf } from '#shared/domain/resilience/timeout.ts'

const NOW = Date.parse('2026-11-24T10:00:00Z')

const learnedOf = (told: Partial<LearnedOperation> = {}): LearnedOperation => ({
  ...{ operation: 'GET /invoices/{id}', version: '1.0.0', calls: 1_000 },
  ...{ p50Ms: 20, p95Ms: 80, p99Ms: 200, learnedAt: '2026-11-24T09:00:00Z' },
  ...told,
})

describe('how long an answer is waited for', () => {
  it.each([
    { what: 'the default', so: {}, ms: 10_000, why: 'default' },
    { what: 'the rules’ default', so: { rules: { defaultMs: 3_000 } }, ms: 3_000, why: 'default' },
    { what: 'three times the learned p99', so: { learned: learnedOf() }, ms: 600, why: 'learned' },
    {
      what: 'no less than the least',
      so: { learned: learnedOf({ p99Ms: 1 }) },
      ms: 250,
      why: 'learned',
    },
    {
      what: 'no more than the most',
      so: { learned: learnedOf({ p99Ms: 20_000 }) },
      ms: 28_000,
      why: 'learned',
    },
    {
      what: 'nothing learned of few calls',
      so: { learned: learnedOf({ calls: 99 }) },
      ms: 10_000,
      why: 'default',
    },
    {
      what: 'nothing learned long ago',
      so: { learned: learnedOf({ learnedAt: '2026-11-17T09:59:59Z' }) },
      ms: 10_000,
      why: 'default',
    },
    {
      what: 'the operation’s own before what was learned',
      so: { learned: learnedOf(), operationMs: 5_000 },
      ms: 5_000,
      why: 'operation',
    },
    {
      what: 'the operation’s own, no more than the most',
      so: { operationMs: 60_000 },
      ms: 28_000,
      why: 'operation',
    },
    { what: 'no longer than the caller does', so: { deadline: NOW + 90 }, ms: 90, why: 'deadline' },
    { what: 'not at all once that is over', so: { deadline: NOW - 1 }, ms: 0, why: 'deadline' },
    {
      what: 'shorter than the caller does',
      so: { deadline: NOW + 20_000 },
      ms: 10_000,
      why: 'default',
    },
  ] as const)('$what', ({ so, ms, why }) => {
    expect(patienceOf({ nowMs: NOW, ...so })).toMatchObject({ ms, why })
  })

  it('leaves time for another attempt where one is given up early', () => {
    const waiting = { nowMs: NOW, learned: learnedOf() }
    expect(patienceOf(waiting).totalMs).toBe(10_000)
    expect(patienceOf({ ...waiting, deadline: NOW + 1_500 })).toMatchObject({
      ...{ ms: 600, totalMs: 1_500, why: 'learned' },
    })
    expect(patienceOf({ ...waiting, operationMs: 5_000 }).totalMs).toBe(5_000)
  })
})

it('hedges at the learned p95, and never without one', () => {
  expect(hedgeDelayOf(learnedOf(), NOW)).toBe(80)
  expect(hedgeDelayOf(undefined, NOW)).toBeUndefined()
  expect(hedgeDelayOf(learnedOf({ calls: 5 }), NOW)).toBeUndefined()
})

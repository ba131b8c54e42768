import { describe, expect, it } from 'vitest'
import { isIdempotent, isRetryable } from '#shared/domain/resilience/retry.ts'
import { retryBudget } from '#shared/domain/resilience/retry-budget.ts'
import { type Answered, verdictOf } from '#shared/domain/resilience/verdict.ts'

describe('what may be done twice (RFC 9110, section 9.2.2)', () => {
  it.each([
    ['GET', true],
    ['HEAD', true],
    ['OPTIONS', true],
    ['TRACE', true],
    ['PUT', true],
    ['DELETE', true],
    ['POST', false],
    ['PATCH', false],
    ['CONNECT', false],
    ['get', false],
    ['PURGE', false],
  ])('%s: %s', (method, expected) => {
    expect(isIdempotent(method, undefined, false)).toBe(expected)
  })

  it('is decided by the rule first, then by an Idempotency-Key', () => {
    expect(isIdempotent('GET', { idempotent: false }, true)).toBe(false)
    expect(isIdempotent('POST', { idempotent: true }, false)).toBe(true)
    expect(isIdempotent('POST', {}, true)).toBe(true)
  })
})

describe('what says something of the instance', () => {
  it.each([
    [200, 'ok'],
    [304, 'ok'],
    [400, 'ok'],
    [404, 'ok'],
    [429, 'ok'],
    [500, 'fault'],
    [501, 'ok'],
    [502, 'fault'],
    [503, 'fault'],
    [504, 'fault'],
    [505, 'ok'],
  ])('%i: %s', (status, verdict) => {
    expect(verdictOf({ status })).toBe(verdict)
  })

  it.each([
    ['unreachable', 'fault'],
    ['unresolved', 'fault'],
    ['tls', 'fault'],
    ['reset', 'fault'],
    ['malformed-response', 'fault'],
    ['timeout', 'fault'],
    ['caller-left', 'abandoned'],
    ['address-refused', 'abandoned'],
    ['transform-failed', 'abandoned'],
    ['too-large', 'abandoned'],
  ] as const)('%s: %s', (fault, verdict) => {
    expect(verdictOf({ fault })).toBe(verdict)
  })
})

describe('what may be tried elsewhere', () => {
  const tried = { sent: true, replayable: true, attempts: 1, most: 3 }
  const rows: readonly (readonly [Answered, idempotent: boolean, others: boolean])[] = [
    [{ status: 200 }, false, false],
    [{ status: 404 }, false, false],
    [{ status: 429 }, false, false],
    [{ status: 500 }, false, false],
    [{ status: 502 }, true, false],
    [{ status: 503 }, true, false],
    [{ status: 504 }, true, false],
    [{ fault: 'unreachable' }, true, true],
    [{ fault: 'unresolved' }, true, true],
    [{ fault: 'tls' }, true, true],
    [{ fault: 'reset' }, true, false],
    [{ fault: 'timeout' }, true, false],
    [{ fault: 'malformed-response' }, true, false],
    [{ fault: 'caller-left' }, false, false],
    [{ fault: 'address-refused' }, false, false],
  ]
  it.each(rows)('%o: idempotent %s, others %s', (answered, idempotent, others) => {
    expect(isRetryable({ ...tried, answered, idempotent: true })).toBe(idempotent)
    expect(isRetryable({ ...tried, answered, idempotent: false })).toBe(others)
  })

  it('is anything that never left', () => {
    const fate = { ...tried, answered: { fault: 'reset' }, idempotent: false } as const
    expect(isRetryable({ ...fate, sent: false })).toBe(true)
  })

  it('is nothing once the attempts are spent, or the body is gone', () => {
    const fate = { ...tried, answered: { fault: 'unreachable' }, idempotent: true } as const
    expect(isRetryable({ ...fate, attempts: 3 })).toBe(false)
    expect(isRetryable({ ...fate, replayable: false })).toBe(false)
  })
})

describe('the retry budget', () => {
  const spend = (
    budget: ReturnType<typeof retryBudget>,
    times: number,
    share: number,
    nowMs: number,
  ) => Array.from({ length: times }, () => budget.spend(share, nowMs)).filter(Boolean).length

  it('is a share of the requests of the last ten seconds', () => {
    const budget = retryBudget()
    for (let n = 0; n < 100; n++) budget.requested(1_000)
    expect(spend(budget, 50, 0.1, 1_000)).toBe(10)
    expect(spend(budget, 50, 0.1, 5_000)).toBe(0)
  })

  it('begins anew when those are over', () => {
    const budget = retryBudget()
    for (let n = 0; n < 100; n++) budget.requested(1_000)
    spend(budget, 50, 0.1, 1_000)
    for (let n = 0; n < 100; n++) budget.requested(12_000)
    expect(spend(budget, 50, 0.1, 12_000)).toBe(10)
  })

  it('has three where traffic is little, and none where rules turn retries off', () => {
    const budget = retryBudget()
    budget.requested(1_000)
    expect(spend(budget, 10, 0, 1_000)).toBe(0)
    expect(spend(budget, 10, 0.1, 1_000)).toBe(3)
  })
})

import { describe, expect, it } from 'vitest'
import { backoffMs } from '#shared/domain/backoff.ts'

describe('backing off', () => {
  it('doubles with every failure up to the most, and spreads over the upper half', () => {
    expect([1, 2, 3, 7, 500].map((failures) => backoffMs(failures, 1))).toEqual([
      100, 200, 400, 5_000, 5_000,
    ])
    expect(backoffMs(2, 0)).toBe(100)
    expect(backoffMs(9, 1, { leastMs: 10, mostMs: 40 })).toBe(40)
  })
})

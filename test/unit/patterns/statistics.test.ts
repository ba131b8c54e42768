import { describe, expect, it } from 'vitest'
import { betaCdf, betaQuantile, binomialTail } from '#shared/domain/patterns/beta.ts'
import { wilsonLower, wilsonUpper } from '#shared/domain/patterns/confidence.ts'
import { summarise } from '#shared/domain/patterns/duration.ts'
import { normalTail } from '#shared/domain/patterns/normal.ts'
import { bucketOf } from '#shared/domain/sketch/ddsketch.ts'

describe('the beta distribution', () => {
  it('agrees with closed forms', () => {
    expect(betaCdf(0.3, 1, 1)).toBeCloseTo(0.3, 9)
    expect(betaCdf(0.3, 2, 1)).toBeCloseTo(0.09, 9)
    expect(betaCdf(0.3, 1, 5)).toBeCloseTo(1 - 0.7 ** 5, 9)
    expect(betaCdf(0.5, 400, 400)).toBeCloseTo(0.5, 9)
  })

  it('gives back quantiles', () => {
    for (const [a, b] of [
      [1, 1],
      [2, 50],
      [600, 3],
      [1, 100_000],
    ] as const) {
      for (const q of [0.05, 0.5, 0.95]) {
        expect(betaCdf(betaQuantile(q, a, b), a, b)).toBeCloseTo(q, 3)
      }
    }
  })

  it('sums binomial tails', () => {
    // P(X >= 2), n = 3, p = 1/2
    expect(binomialTail(2, 3, 0.5)).toBeCloseTo(0.5, 9)
    expect(binomialTail(0, 3, 0.5)).toBe(1)
  })
})

describe('other measures', () => {
  it('know the tail of a normal distribution', () => {
    expect(normalTail(0)).toBeCloseTo(0.5, 6)
    expect(normalTail(1.6449)).toBeCloseTo(0.05, 5)
    expect(normalTail(5) / 2.8665e-7).toBeCloseTo(1, 3)
  })

  it('bound a share from both sides, the tighter the more is seen', () => {
    expect(wilsonLower(1, 0)).toBe(0)
    expect(wilsonUpper(0, 0)).toBe(1)
    expect(wilsonLower(0.5, 10)).toBeLessThan(wilsonLower(0.5, 1_000))
    // n / (n + z^2) for a share of 1
    expect(wilsonLower(1, 10)).toBeCloseTo(10 / (10 + 1.6449 ** 2), 9)
  })

  it('sum durations up', () => {
    expect(summarise([])).toBeUndefined()
    const even = summarise([{ bucket: bucketOf(20_000), count: 96 }])
    expect(even?.confidence).toBeCloseTo(0.96, 9)
    expect((even?.p95 ?? 0) / 20_000).toBeCloseTo(1, 1)
  })
})

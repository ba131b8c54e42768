import { describe, expect, it } from 'vitest'
import { cacheable, flapping, slow } from '#shared/domain/traffic/advice.ts'

const rounded = (value: { confidence: number; state: string } | undefined) =>
  value && `${value.confidence.toFixed(2)} ${value.state}`

describe('advice', () => {
  it.each([
    { repeats: 0, unchanged: 0, advice: undefined },
    { repeats: 3, unchanged: 3, advice: '0.53 candidate' },
    { repeats: 100, unchanged: 100, advice: '0.97 confirmed' },
    { repeats: 100, unchanged: 50, advice: '0.42 candidate' },
  ])('to cache after $unchanged of $repeats same answers', ({ repeats, unchanged, advice }) => {
    expect(rounded(cacheable(repeats, unchanged))).toBe(advice)
  })

  it.each([
    { calls: 0, slowCalls: 0, advice: undefined },
    { calls: 100, slowCalls: 5, advice: undefined },
    { calls: 10, slowCalls: 2, advice: '0.98 candidate' },
    { calls: 100, slowCalls: 20, advice: '1.00 confirmed' },
  ])('about slowness after $slowCalls of $calls', ({ calls, slowCalls, advice }) => {
    expect(rounded(slow(calls, slowCalls))).toBe(advice)
  })

  it.each([
    { changes: 2, advice: undefined },
    { changes: 3, advice: '0.68 candidate' },
    { changes: 5, advice: '0.95 confirmed' },
  ])('about flapping after $changes changes', ({ changes, advice }) => {
    expect(rounded(flapping(changes))).toBe(advice)
  })
})

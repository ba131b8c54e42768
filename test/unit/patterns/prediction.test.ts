import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Level, predict } from '#shared/domain/patterns/prediction.ts'

const follower = (next: string, weight: number) => ({ next, weight, count: Math.ceil(weight) })

const weight = fc.integer({ min: 1, max: 4_000 }).map((n) => n / 16)
const level = (reach: number): fc.Arbitrary<Level<string>> =>
  fc.record({
    reach: fc.constant(reach),
    followers: fc
      .uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'))
      .chain((names) =>
        fc
          .tuple(...names.map(() => weight))
          .map((weights) => names.map((name, i) => follower(name, weights[i] ?? 1))),
      ),
    ended: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 30, noNaN: true })),
  })
const levels = fc.tuple(level(0), level(1), level(2))

describe('a prediction', () => {
  it('shares out a probability of 1, with each confidence at most its probability', () => {
    fc.assert(
      fc.property(levels, (some) => {
        const { items, nothing } = predict(some)
        const sum = items.reduce((total, { probability }) => total + probability, nothing)
        expect(sum).toBeCloseTo(1, 9)
        for (const { probability, confidence } of items) {
          expect(probability).toBeGreaterThan(0)
          expect(confidence).toBeLessThanOrEqual(probability + 1e-9)
          expect(confidence).toBeGreaterThanOrEqual(0)
        }
      }),
    )
  })

  it('does not depend on the order of what it is told', () => {
    fc.assert(
      fc.property(levels, (some) => {
        const turned = some.map((one) => ({ ...one, followers: one.followers.toReversed() }))
        expect(predict(turned)).toEqual(predict(some))
      }),
    )
  })

  it('follows the formula', () => {
    const { items, nothing, contextUsed } = predict([
      { reach: 0, followers: [follower('a', 3), follower('b', 1)], ended: 0 },
    ])
    // n 4, discounted 1.5, strength 4, uniform 1/3: (max(0, c - 0.75) + 5.5 / 3) / 8
    expect(items[0]?.probability).toBeCloseTo((2.25 + 5.5 / 3) / 8, 12)
    expect(items[1]?.probability).toBeCloseTo((0.25 + 5.5 / 3) / 8, 12)
    expect(nothing).toBeCloseTo(5.5 / 3 / 8, 12)
    expect(contextUsed).toBe(0)
  })

  it('trusts a long context that was seen often, and goes back from one never seen', () => {
    const shallow = { reach: 0, followers: [follower('a', 900), follower('b', 100)], ended: 0 }
    const deep = { reach: 1, followers: [follower('b', 200)], ended: 0 }
    expect(predict([shallow, deep]).items[0]?.operation).toBe('b')
    const unseen = { reach: 1, followers: [], ended: 0 }
    expect(predict([shallow, unseen])).toEqual(predict([shallow]))
  })

  it('expects nothing where nothing is known', () => {
    const nothingKnown = [{ reach: 0, followers: [], ended: 0 }]
    expect(predict(nothingKnown)).toEqual({ items: [], nothing: 1, contextUsed: 0 })
  })
})

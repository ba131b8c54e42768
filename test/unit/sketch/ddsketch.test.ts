import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bucketOf, bucketValue, quantile } from '#shared/domain/sketch/ddsketch.ts'
import { merge, pack, unpack } from '#shared/domain/sketch/packed.ts'

const micros = fc.oneof(fc.integer({ min: 1, max: 1_000 }), fc.integer({ min: 1, max: 10 ** 15 }))

function sketchOf(values: readonly number[]) {
  return merge([
    { buckets: values.map((value) => ({ bucket: bucketOf(value), count: 1 })), weight: 1 },
  ])
}

describe('a sketch', () => {
  it('answers every quantile to 1 %', () => {
    fc.assert(
      fc.property(
        fc.array(micros, { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, q) => {
          const sorted = values.toSorted((a, b) => a - b)
          const truth = sorted[Math.floor(q * (sorted.length - 1))] as number
          const told = quantile(sketchOf(values), q) as number
          expect(Math.abs(told - truth) / truth).toBeLessThanOrEqual(0.01 + 1e-9)
        },
      ),
    )
  })

  it('is the same whether its values come at once or in parts', () => {
    fc.assert(
      fc.property(fc.array(micros), fc.array(micros), (some, others) => {
        const parts = [some, others].map((part) => ({ buckets: sketchOf(part), weight: 1 }))
        expect(merge(parts)).toEqual(sketchOf([...some, ...others]))
      }),
    )
  })

  it('comes back from its bytes as it was', () => {
    const values = fc.array(fc.oneof(micros, fc.constant(0)))
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 2 ** 40 }), (some, times) => {
        const sketch = sketchOf(some).map((entry) => ({ ...entry, count: entry.count * times }))
        expect(unpack(pack(sketch))).toEqual(sketch)
      }),
    )
  })

  it('takes out what was put in', () => {
    const change = { buckets: [{ bucket: bucketOf(500), count: -1 }], weight: 1 }
    const kept = merge([{ buckets: sketchOf([500, 80_000]), weight: 1 }, change])
    expect(kept).toEqual(sketchOf([80_000]))
  })

  it('says nothing of no values, and 0 of values below a microsecond', () => {
    expect(quantile([], 0.5)).toBeUndefined()
    expect(bucketValue(bucketOf(0))).toBe(0)
  })
})

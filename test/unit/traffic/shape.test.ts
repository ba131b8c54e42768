import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type LearnedShape, shapeDifferences, shapeOf } from '#shared/domain/traffic/shape.ts'

/** What so many answers teach, one after the other. */
function learned(...answers: readonly unknown[]): LearnedShape {
  const seen = new Map<string, LearnedShape[number]>()
  for (const answer of answers) {
    for (const placed of shapeOf(answer) ?? []) {
      const key = `${placed.place} ${placed.type}`
      seen.set(key, { ...placed, seen: (seen.get(key)?.seen ?? 0) + 1 })
    }
  }
  return [...seen.values()]
}

const times = (count: number, answer: unknown) => Array.from({ length: count }, () => answer)
const differences = (from: readonly unknown[], to: readonly unknown[]) =>
  shapeDifferences(learned(...from), learned(...to))?.map(({ place, kind }) => `${place} ${kind}`)

describe('the shape of an answer', () => {
  it('names each place with its types, members of arrays as one', () => {
    expect(shapeOf({ a: 1, 'b/c': [{ d: null }, { d: 'x' }] })).toEqual([
      { place: '', type: 'object' },
      { place: '/a', type: 'number' },
      { place: '/b~1c', type: 'array' },
      { place: '/b~1c/[]', type: 'object' },
      { place: '/b~1c/[]/d', type: 'null' },
      { place: '/b~1c/[]/d', type: 'string' },
    ])
  })

  it('is none for a document with too many places, or too deep', () => {
    const wide = Object.fromEntries(Array.from({ length: 300 }, (_, nr) => [`k${nr}`, nr]))
    const deep = JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`)
    expect([shapeOf(wide), shapeOf(deep)]).toEqual([undefined, undefined])
  })

  it('is found for any JSON, or bounded', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect((shapeOf(value) ?? []).length).toBeLessThanOrEqual(201)
      }),
    )
  })
})

describe('differences between versions', () => {
  it.each([
    { what: 'a new member', from: { a: 1 }, to: { a: 1, b: { c: 1 } }, told: ['/b added'] },
    { what: 'a member that is gone', from: { a: [{ b: 1 }] }, to: {}, told: ['/a removed'] },
    { what: 'another type', from: { a: 1 }, to: { a: '1' }, told: ['/a type-changed'] },
    { what: 'nothing', from: { a: { b: [1] } }, to: { a: { b: [2] } }, told: [] },
    { what: 'another whole', from: [], to: {}, told: [' type-changed'] },
  ])('tell $what', ({ from, to, told }) => {
    expect(differences(times(10, from), times(10, to))).toEqual(told)
  })

  it('tell what became optional and what no longer is', () => {
    const always = times(10, { a: 1 })
    const sometimes = [...times(5, { a: 1 }), ...times(5, {})]
    expect(differences(always, sometimes)).toEqual(['/a became-optional'])
    expect(differences(sometimes, always)).toEqual(['/a became-required'])
  })

  it('are not told before ten answers of both', () => {
    expect(differences(times(9, { a: 1 }), times(100, {}))).toBeUndefined()
  })
})

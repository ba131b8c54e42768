import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findPreferred, hash32 } from '#shared/domain/resilience/rendezvous.ts'

const nodes = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2, maxLength: 30 })
const withHash = (ids: readonly string[]) => ids.map((id) => ({ id, hash: hash32(id) }))
const all = () => true

it('moves only the keys of a node that goes, whatever order nodes have', () => {
  const property = fc.property(nodes, fc.string(), fc.nat(), (ids, key, nr) => {
    const gone = ids[nr % ids.length]
    const items = withHash(ids)
    const before = findPreferred(items, hash32(key), all)
    const left = items.filter(({ id }) => id !== gone).reverse()
    const after = findPreferred(left, hash32(key), all)
    if (before?.id !== gone) expect(after?.hash).toBe(before?.hash)
  })
  fc.assert(property, { numRuns: 1_000 })
})

it('takes the next one where the first will not do', () => {
  const items = withHash(['a', 'b', 'c', 'd'])
  const first = findPreferred(items, 7, all)
  const next = findPreferred(items, 7, (item) => item !== first)
  const without = items.filter((item) => item !== first)
  expect(next).toBe(findPreferred(without, 7, all))
  expect(findPreferred(items, 7, () => false)).toBeUndefined()
})

it('spreads keys evenly', () => {
  const items = withHash(Array.from({ length: 10 }, (_, nr) => `billing-${nr}`))
  const counts = new Map<string, number>()
  for (let nr = 0; nr < 20_000; nr++) {
    const id = findPreferred(items, hash32(`session-${nr}`), all)?.id ?? ''
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  expect(Math.min(...counts.values())).toBeGreaterThan(1_700)
  expect(Math.max(...counts.values())).toBeLessThan(2_300)
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { patternId, readPatternId } from '#shared/domain/patterns/pattern-id.ts'

const key = fc.record({
  kind: fc.constantFrom('sequence', 'co-use'),
  source: fc.option(fc.string({ unit: 'grapheme' })),
  parts: fc.array(fc.string({ unit: 'grapheme' })),
})

it('tells from a pattern id what it is about', () => {
  fc.assert(
    fc.property(key, (some) => {
      expect(patternId(some)).toMatch(/^[a-z-]+\.[A-Za-z0-9_-]+$/)
      expect(readPatternId(patternId(some))).toEqual(some)
    }),
  )
})

it.each(['', '.', 'sequence', 'sequence.', 'sequence.!!', 'sequence.WzFd', 'x.bnVsbA'])(
  'does not take %j for an id',
  (text) => {
    expect(readPatternId(text)).toBeUndefined()
  },
)

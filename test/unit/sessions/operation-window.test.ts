import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { spansOf } from '#shared/domain/sessions/operation-window.ts'

const MINUTE = 60_000

describe('covering a window with steps', () => {
  it('takes days, hours and minutes where they fit', () => {
    const spans = spansOf(new Date('2026-11-20T22:58:30Z'), new Date('2026-11-22T01:02:30Z'))
    expect(
      spans.map(({ stepMinutes, from, to }) => [
        stepMinutes,
        new Date(from).toISOString().slice(5, 16),
        new Date(to).toISOString().slice(5, 16),
      ]),
    ).toEqual([
      [1, '11-20T22:58', '11-20T23:00'],
      [60, '11-20T23:00', '11-21T00:00'],
      [1_440, '11-21T00:00', '11-22T00:00'],
      [60, '11-22T00:00', '11-22T01:00'],
      [1, '11-22T01:00', '11-22T01:03'],
    ])
  })

  it('covers every minute of any window exactly once', () => {
    const window = fc.tuple(
      fc.integer({ min: -5_000, max: 5_000 }),
      fc.integer({ min: 0, max: 4_000 }),
    )
    fc.assert(
      fc.property(window, ([first, length]) => {
        const from = first * MINUTE
        const to = (first + length) * MINUTE
        let at = from
        for (const span of spansOf(new Date(from), new Date(to))) {
          expect(span.from).toBe(at)
          expect(Math.abs(span.from % (span.stepMinutes * MINUTE))).toBe(0)
          at = span.to
        }
        expect(at).toBe(to + MINUTE)
      }),
    )
  })

  it('has nothing to cover when it ends before it begins', () => {
    expect(spansOf(new Date(10 * MINUTE), new Date(0))).toEqual([])
  })
})

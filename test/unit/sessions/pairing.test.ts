import { describe, expect, it } from 'vitest'
import {
  durationOf,
  outcomeOf,
  type PhaseEvent,
  pair,
  startOf,
} from '#shared/domain/sessions/pairing.ts'

const event = (id: string, phase: PhaseEvent['phase'], time: number, more = {}): PhaseEvent => ({
  ...{ id, phase, time, arrival: time, source: 'agent', operation: 'Read', callId: null },
  ...{ outcome: null, durationMs: null, ...more },
})
const ids = (events: readonly PhaseEvent[]) =>
  pair(events)
    .map(({ before, after }) => `${before?.id ?? '-'} ${after?.id ?? '-'}`)
    .sort()

describe('pairing before and after', () => {
  it('joins those of one call id, whatever their order, source and operation', () => {
    const after = event('a', 'after', 5, { callId: 'c1', source: 'proxy', operation: 'read' })
    const before = event('b', 'before', 9, { callId: 'c1' })
    expect(ids([after, before])).toEqual(['b a'])
  })

  it('takes the earliest before and the latest after of a call id', () => {
    const call = { callId: 'c1' }
    const events = [
      event('b2', 'before', 3, call),
      event('a1', 'after', 2, call),
      event('b1', 'before', 1, call),
      event('a2', 'after', 4, call),
    ]
    expect(ids(events)).toEqual(['b1 a2'])
  })

  it('closes the oldest open one where there is no call id', () => {
    const events = [
      event('b1', 'before', 1),
      event('b2', 'before', 2),
      event('a1', 'after', 3),
      event('b3', 'before', 4),
      event('a2', 'after', 5),
    ]
    expect(ids(events)).toEqual(['b1 a1', 'b2 a2', 'b3 -'])
  })

  it('keeps sources and operations apart where there is no call id', () => {
    const events = [
      event('b1', 'before', 1),
      event('a1', 'after', 2, { source: 'proxy' }),
      event('a2', 'after', 3, { operation: 'Edit' }),
    ]
    expect(ids(events)).toEqual(['- a1', '- a2', 'b1 -'])
  })

  it('leaves an after alone that comes before every before', () => {
    expect(ids([event('b1', 'before', 2), event('a1', 'after', 1)])).toEqual(['- a1', 'b1 -'])
  })

  it('orders events of one time by arrival', () => {
    const before = event('b1', 'before', 1, { arrival: 1 })
    expect(ids([event('a1', 'after', 1, { arrival: 2 }), before])).toEqual(['b1 a1'])
    expect(ids([event('a1', 'after', 1, { arrival: 0 }), before])).toEqual(['- a1', 'b1 -'])
  })

  it('leaves out events that neither open nor close anything', () => {
    expect(ids([event('p', 'point', 1), event('s', 'start', 2), event('e', 'end', 3)])).toEqual([])
  })
})

describe('what a pair says', () => {
  const before = event('b', 'before', 1_000_000)
  const after = event('a', 'after', 3_500_000)

  it('takes as long as the after tells, else from time to time', () => {
    expect(durationOf({ before, after: { ...after, durationMs: 7 } })).toBe(7)
    expect(durationOf({ before, after })).toBe(2_500)
    expect(durationOf({ before, after: null })).toBeNull()
  })

  it('tells no duration when the clocks contradict each other', () => {
    expect(durationOf({ before, after: { ...after, time: 999_999 } })).toBeNull()
  })

  it('starts with its before, else its duration ahead of its after', () => {
    expect(startOf({ before, after })).toBe(1_000_000)
    expect(startOf({ before: null, after: { ...after, durationMs: 500 } })).toBe(3_000_000)
    expect(startOf({ before: null, after })).toBe(3_500_000)
  })

  it('ends as its after says', () => {
    expect(outcomeOf({ before, after: { ...after, outcome: 'error' } })).toBe('error')
    expect(outcomeOf({ before, after: null })).toBeNull()
  })
})

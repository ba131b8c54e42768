import { describe, expect, it } from 'vitest'
import { noCounts } from '#shared/domain/patterns/counts.ts'
import { follow } from '#shared/domain/patterns/follow.ts'
import { newSession, readState, writeState } from '#shared/domain/patterns/session-state.ts'
import { type Step, WHOLE } from '#shared/domain/patterns/step.ts'

const SECOND = 1_000_000
const [READ, EDIT] = [1, 2]
const [AGENT, PROXY] = [11, 12]

let made = 0
function aStep(told: Partial<Step>): Step {
  made += 1
  return {
    identity: String(made).padStart(32, '0'),
    at: made * SECOND,
    arrival: made,
    operation: READ,
    source: AGENT,
    phase: 'point',
    outcome: null,
    call: 0,
    duration: null,
    ...told,
  }
}

function learn(steps: readonly Step[]) {
  const counts = noCounts()
  let state = newSession()
  for (const step of steps) {
    follow(state, step, counts, 1)
    // What is kept between batches has to be all that counts.
    state = readState(writeState(state))
  }
  const starts = (scope: number) =>
    [...counts.ngrams.values()]
      .filter((entry) => entry.scope === scope && entry.depth === 0)
      .map(({ next, count }) => [next, count])
  return { counts, state, starts }
}

describe('following a session', () => {
  it('counts a before and its after once, with the time between them', () => {
    const before = aStep({ phase: 'before', call: 7 })
    const after = aStep({ phase: 'after', call: 7, outcome: 'ok', at: before.at + 2 * SECOND })
    const { starts, counts } = learn([before, after])
    expect(starts(WHOLE)).toEqual([[READ, 1]])
    expect([...counts.pulses.values()]).toMatchObject([
      { scope: WHOLE, operation: READ, ok: 1, timed: 1, logSum: Math.round(1_000 * Math.log(2e6)) },
      { scope: AGENT, operation: READ, ok: 1, timed: 1 },
    ])
  })

  it('counts a call once when several sources report on it, each in its own scope', () => {
    const { starts } = learn([
      aStep({ phase: 'before', call: 7 }),
      aStep({ phase: 'before', call: 7, source: PROXY, operation: EDIT }),
      aStep({ phase: 'after', call: 7, source: PROXY, operation: EDIT }),
      aStep({ phase: 'after', call: 7 }),
    ])
    expect(starts(WHOLE)).toEqual([[READ, 1]])
    expect(starts(AGENT)).toEqual([[READ, 1]])
    expect(starts(PROXY)).toEqual([[EDIT, 1]])
  })

  it('closes the oldest open one without a call id, of the same source and operation', () => {
    const first = aStep({ phase: 'before' })
    const second = aStep({ phase: 'before' })
    const other = aStep({ phase: 'after', operation: EDIT })
    const after = aStep({ phase: 'after' })
    const { starts, state } = learn([first, second, other, after])
    expect(starts(WHOLE)).toEqual([
      [READ, 2],
      [EDIT, 1],
    ])
    expect(state.scopes[0]?.openStarts).toMatchObject([{ starts: [second.at] }])
  })

  it('counts an after alone where it stands, and a late before of its call not again', () => {
    const { starts } = learn([
      aStep({ phase: 'after', call: 9, outcome: 'error' }),
      aStep({ phase: 'before', call: 9 }),
    ])
    expect(starts(WHOLE)).toEqual([[READ, 1]])
  })

  it('leaves the duration of what was cancelled out', () => {
    const { counts } = learn([aStep({ phase: 'point', outcome: 'cancelled', duration: 5 })])
    expect([...counts.pulses.values()][0]).toMatchObject({ cancelled: 1, timed: 0 })
    expect(counts.sketches.size).toBe(0)
  })

  it('pairs the afters of a long session that reports all its befores first', () => {
    const befores = Array.from({ length: 500 }, () => aStep({ phase: 'before' }))
    const afters = befores.map(() => aStep({ phase: 'after', outcome: 'ok' }))
    expect(learn([...befores, ...afters]).starts(WHOLE)).toEqual([[READ, 500]])
  })

  it.each([
    ['with a call id', () => aStep({ phase: 'before', call: made + 1 }), 24],
    ['without one', () => aStep({ phase: 'before' }), 8],
  ])('keeps an execution %s that waits for its after in few characters', (_, before, most) => {
    const { state } = learn(Array.from({ length: 500 }, before))
    expect(writeState(state).length / 500 / state.scopes.length).toBeLessThan(most)
  })

  it('gives up the oldest of more than a thousand that wait', () => {
    const { state } = learn(Array.from({ length: 1_100 }, () => aStep({ phase: 'before' })))
    expect(state.scopes[0]?.openStarts[0]?.starts).toHaveLength(1_024)
  })
})

import { describe, expect, it } from 'vitest'
import { type Look, lifeState } from '#shared/domain/patterns/life-cycle.ts'

const look = (period: number, seen: number, confidence: number): Look => ({
  period,
  seen,
  confidence,
})

describe('the life of a pattern', () => {
  it.each([
    { when: 'it is young', looks: [look(0, 3, 0.9)], newest: 0, state: 'candidate' },
    { when: 'it is doubtful', looks: [look(0, 30, 0.29)], newest: 0, state: 'candidate' },
    { when: 'it is well seen', looks: [look(0, 5, 0.3)], newest: 0, state: 'confirmed' },
    {
      when: 'its confidence sinks between the thresholds',
      looks: [look(0, 9, 0.5), look(1, 1, 0.25)],
      newest: 1,
      state: 'confirmed',
    },
    {
      when: 'its confidence sinks below both',
      looks: [look(0, 9, 0.5), look(1, 1, 0.19)],
      newest: 1,
      state: 'candidate',
    },
    { when: 'it is unseen for a period', looks: [look(0, 9, 0.5)], newest: 1, state: 'confirmed' },
    { when: 'it is unseen for two', looks: [look(0, 9, 0.5)], newest: 2, state: 'stale' },
    { when: 'it is unseen for six', looks: [look(0, 9, 0.5)], newest: 6, state: 'retired' },
    {
      when: 'it is seen once after that',
      looks: [look(0, 9, 0.5), look(3, 1, 0.5)],
      newest: 3,
      state: 'stale',
    },
    {
      when: 'it is seen again and again',
      looks: [look(0, 9, 0.5), look(3, 2, 0.5)],
      newest: 3,
      state: 'confirmed',
    },
  ])('is $state when $when', ({ looks, newest, state }) => {
    expect(lifeState(looks, newest)).toBe(state)
  })
})

import { describe, expect, it } from 'vitest'
import { isReached, quantile, toTable } from '#bench/report.ts'

describe('a benchmark report', () => {
  it.each([
    { value: 5, atLeast: 4, reached: true },
    { value: 3, atLeast: 4, reached: false },
    { value: 5, atMost: 4, reached: false },
    { value: 5, reached: undefined },
    { value: Number.NaN, atMost: 4, reached: false },
  ])('says of $value whether it is reached', ({ reached, ...figure }) => {
    expect(isReached({ name: 'n', unit: '', ...figure })).toBe(reached)
  })

  it('marks what is missed', () => {
    const figures = [{ name: 'answer p99', value: 31.26, unit: 'ms', atMost: 25 }]
    expect(toTable('intake', { figures }).split('\n')).toEqual([
      'intake      measured  to reach',
      'answer p99   31.3 ms     <= 25  MISSED',
    ])
  })

  it.each([
    { share: 0.5, value: 2 },
    { share: 0.99, value: 4 },
    { share: 0, value: 1 },
  ])('takes the $share quantile by nearest rank', ({ share, value }) => {
    expect(quantile([4, 1, 3, 2], share)).toBe(value)
  })
})

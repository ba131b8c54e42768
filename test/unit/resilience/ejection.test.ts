import { describe, expect, it } from 'vitest'
import {
  compareInstances,
  type EjectionRecord,
  eject,
  isEjected,
  mostEjected,
  newEjectionRecord,
  recordVerdict,
} from '#shared/domain/resilience/ejection.ts'

const NOW = 1_000_000

const record = (calls: number, faults: number): EjectionRecord => ({
  ...newEjectionRecord(),
  calls,
  faults,
})
const records = (...told: readonly (readonly [calls: number, faults: number])[]) =>
  told.map(([calls, faults]) => record(calls, faults))
const ejectedOf = (all: readonly EjectionRecord[], nowMs = NOW) =>
  all.flatMap((one, nr) => (isEjected(one, nowMs) ? [nr] : []))

describe('comparing instances', () => {
  it.each([
    {
      what: 'one that fails often among those that do not',
      told: [
        [50, 25],
        [50, 0],
        [50, 1],
      ],
      ejected: [0],
    },
    {
      what: 'one of two',
      told: [
        [50, 25],
        [50, 0],
      ],
      ejected: [0],
    },
    {
      what: 'nobody where all fail alike',
      told: [
        [50, 25],
        [50, 26],
        [50, 24],
      ],
      ejected: [],
    },
    {
      what: 'nobody where all fail always',
      told: [
        [50, 50],
        [50, 50],
      ],
      ejected: [],
    },
    {
      what: 'nobody for a difference that may be chance',
      told: [
        [20, 5],
        [20, 1],
      ],
      ejected: [],
    },
    {
      what: 'nobody for a small difference, however sure',
      told: [
        [10_000, 1_900],
        [10_000, 0],
      ],
      ejected: [],
    },
    {
      what: 'nobody of whom too little is known',
      told: [
        [19, 19],
        [500, 0],
      ],
      ejected: [],
    },
    {
      what: 'nobody where nothing is known of the others',
      told: [
        [500, 500],
        [5, 0],
      ],
      ejected: [],
    },
    {
      what: 'the worst, where the ceiling allows one',
      told: [
        [50, 30],
        [50, 0],
        [50, 45],
        [50, 0],
      ],
      ejected: [2],
    },
  ] as const)('leaves out $what', ({ told, ejected }) => {
    const all = records(...told)
    compareInstances(all, NOW)
    expect(ejectedOf(all)).toEqual(ejected)
  })

  it('forgets what lies back', () => {
    const all = records([400, 0], [400, 0])
    for (let n = 0; n < 4; n++) compareInstances(all, NOW)
    expect(all.map(({ calls }) => calls)).toEqual([25, 25])
  })
})

describe('leaving out', () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [3, 1],
    [9, 3],
    [1_000, 333],
  ])('of %i takes %i at most', (instances, most) => {
    expect(mostEjected(instances)).toBe(most)
    const all = records(...Array.from({ length: instances }, () => [0, 0] as const))
    for (const one of all) eject(one, all, NOW)
    expect(ejectedOf(all)).toHaveLength(most)
  })

  it('takes twice as long each time, up to five minutes', () => {
    const all = records([0, 0], [0, 0])
    const [one] = all as [EjectionRecord]
    let now = NOW
    const lasted = Array.from({ length: 7 }, () => {
      eject(one, all, now)
      const ms = one.until - now
      now = one.until
      return ms / 1_000
    })
    expect(lasted).toEqual([10, 20, 40, 80, 160, 300, 300])
  })

  it('takes shorter again after it has done well', () => {
    const all = records([0, 0], [50, 0])
    const [one] = all as [EjectionRecord]
    let now = NOW
    for (let n = 0; n < 3; n++) {
      eject(one, all, now)
      now = one.until
    }
    for (let n = 0; n < 2; n++) {
      recordVerdict(one, 'ok')
      compareInstances(all, now)
    }
    eject(one, all, now)
    expect(one.until - now).toBe(20_000)
  })
})

it('notices faults in a row', () => {
  const one = newEjectionRecord()
  const told = ['fault', 'fault', 'fault', 'fault', 'abandoned', 'fault', 'ok', 'fault'] as const
  expect(told.map((verdict) => recordVerdict(one, verdict))).toEqual([
    ...[false, false, false, false, false, true],
    ...[false, false],
  ])
})

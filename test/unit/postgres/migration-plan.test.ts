import { describe, expect, it } from 'vitest'
import { type Migration, planSteps } from '#shared/domain/migration-plan.ts'

const migrations = [1, 2, 3].map(
  (number): Migration => ({
    number,
    name: `000${number}-step`,
    checksum: `sum-${number}`,
    loses: number === 2 ? 'all of two' : undefined,
  }),
)
const applied = (...numbers: number[]) =>
  numbers.map((number) => ({ number, name: `000${number}-step`, checksum: `sum-${number}` }))
const plan = (...args: Parameters<typeof planSteps>) => {
  const planned = planSteps(...args)
  if (planned.type === 'refuse') return `${planned.kind}: ${planned.reason}`
  return planned.steps.map(({ migration, direction }) => `${direction} ${migration.number}`)
}

describe('planning migrations', () => {
  it('goes forward through everything that is missing, in order', () => {
    expect(plan(migrations, applied(1))).toEqual(['up 2', 'up 3'])
    expect(plan(migrations, applied(1), { target: 2 })).toEqual(['up 2'])
  })

  it('goes back from the newest to the target', () => {
    expect(plan(migrations, applied(1, 2, 3), { target: 2 })).toEqual(['down 3'])
  })

  it('goes back through a step that loses data only when that is accepted', () => {
    const goal = { target: 0 }
    expect(plan(migrations, applied(1, 2, 3), goal)).toMatch(
      /^Conflict: going back loses data \(0002-step: all of two\)/,
    )
    expect(plan(migrations, applied(1, 2, 3), { ...goal, acceptLoss: true })).toEqual([
      'down 3',
      'down 2',
      'down 1',
    ])
  })

  it('has nothing to do at the target', () => {
    expect(plan(migrations, applied(1, 2, 3))).toEqual([])
    expect(plan([], [])).toEqual([])
  })

  it('refuses a target that there is not', () => {
    expect(plan(migrations, [], { target: 7 })).toBe(
      'InvalidInput: there is no migration 7: the newest is 0003-step',
    )
  })

  it('refuses a database of newer code, in every direction', () => {
    for (const target of [0, 2, 3]) {
      expect(plan(migrations, applied(1, 2, 3, 4), { target })).toMatch(
        /^Conflict: the database has 0004-step, which is unknown here \(the newest is 0003-step\)/,
      )
    }
  })

  it('refuses when a file was changed after it was applied, or another took its number', () => {
    const [first] = applied(1)
    const changed = [{ ...first, number: 1, name: '0001-step', checksum: 'another' }]
    expect(plan(migrations, changed)).toMatch(/^Conflict: 0001-step was changed/)
    const renamed = [{ number: 1, name: '0001-other', checksum: 'sum-1' }]
    expect(plan(migrations, renamed)).toMatch(/^Conflict: 0001-other was changed/)
  })

  it('takes a database of before checksums as it is', () => {
    const old = [{ number: 1, name: '0001-step', checksum: null }]
    expect(plan(migrations, old)).toEqual(['up 2', 'up 3'])
  })
})

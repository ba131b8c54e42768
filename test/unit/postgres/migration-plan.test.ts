import { describe, expect, it } from 'vitest'
import { planSteps } from '#shared/adapters/postgres/migrate.ts'

const migrations = [1, 2, 3].map((number) => ({ number, name: `000${number}-step` }))
const names = (applied: number[], target: number) =>
  planSteps(migrations, new Set(applied), target).map(
    ({ migration, direction }) => `${direction} ${migration.number}`,
  )

describe('planning migrations', () => {
  it('goes forward through everything that is missing, in order', () => {
    expect(names([1], 3)).toEqual(['up 2', 'up 3'])
  })

  it('goes back from the newest to the target', () => {
    expect(names([1, 2, 3], 1)).toEqual(['down 3', 'down 2'])
  })

  it('has nothing to do at the target', () => {
    expect(names([1, 2, 3], 3)).toEqual([])
  })
})

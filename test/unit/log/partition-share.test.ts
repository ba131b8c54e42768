import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decideShare } from '#shared/domain/partition-share.ts'

type Owners = (string | null)[]

/** Lets every member take its turn until none wants anything; answers who owns what. */
function settle(owners: Owners, members: readonly string[]): { owners: Owners; rounds: number } {
  const settled = [...owners]
  for (let rounds = 0; ; rounds++) {
    let changed = false
    for (const [rank, member] of members.entries()) {
      const partitions = settled.map((owner, id) => ({ id, owner }))
      const { claim, release } = decideShare(partitions, {
        ...{ member, rank, members: members.length },
      })
      for (const id of release) settled[id] = null
      for (const id of claim) settled[id] = member
      changed ||= claim.length + release.length > 0
    }
    if (!changed) return { owners: settled, rounds }
    if (rounds > 10) throw new Error('members never agree')
  }
}

describe('sharing partitions', () => {
  it('ends with every partition read and nobody having two more than another', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 6 }),
        fc.array(fc.integer({ min: -1, max: 5 }), { minLength: 1, maxLength: 12 }),
        (count, given) => {
          const members = Array.from({ length: count }, (_, nr) => `m${nr}`)
          const owners = given.map((nr) => members[nr] ?? null)
          const counts = members.map(
            (member) => settle(owners, members).owners.filter((owner) => owner === member).length,
          )
          expect(counts.reduce((sum, one) => sum + one, 0)).toBe(owners.length)
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        },
      ),
    )
  })

  it('takes nothing from a member that is alive', () => {
    const partitions = [0, 1, 2, 3].map((id) => ({ id, owner: 'other' }))
    expect(decideShare(partitions, { member: 'me', rank: 0, members: 2 })).toEqual({
      claim: [],
      release: [],
    })
  })
})

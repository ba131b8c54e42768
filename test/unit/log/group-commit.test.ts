import { describe, expect, it } from 'vitest'
import { groupCommit } from '#shared/domain/group-commit.ts'

const limits = {
  maxItems: 4,
  maxBytes: 100,
  maxPendingBytes: 1_000,
  deadlineMs: 4_000,
  unavailable: (why: string) => new Error(why),
}

/** A group commit whose sends end when the test says so. */
function held(changes: Partial<typeof limits> = {}) {
  const sent: number[][] = []
  const answers: PromiseWithResolvers<readonly string[]>[] = []
  const clock = { ms: 0 }
  const timesLeft: number[] = []
  const group = groupCommit<number, string>({
    ...limits,
    ...changes,
    now: () => clock.ms,
    send(items, timeLeftMs) {
      sent.push([...items])
      timesLeft.push(timeLeftMs)
      const answer = Promise.withResolvers<readonly string[]>()
      answers.push(answer)
      return answer.promise
    },
  })
  const turn = () => new Promise((done) => setImmediate(done))
  const answer = async (nr: number) => {
    answers[nr]?.resolve((sent[nr] ?? []).map((item) => `r${item}`))
    await turn()
  }
  return { group, sent, answers, clock, timesLeft, turn, answer }
}

describe('group commit', () => {
  it('sends what comes in one turn together, and what comes meanwhile in the next group', async () => {
    const { group, sent, turn, answer } = held()
    const first = [group.add([1], 1), group.add([2, 3], 2)]
    await turn()
    const second = group.add([4], 1)
    await turn()
    expect(sent).toEqual([[1, 2, 3]])
    await answer(0)
    expect(await Promise.all(first)).toEqual([['r1'], ['r2', 'r3']])
    expect(sent).toEqual([[1, 2, 3], [4]])
    await answer(1)
    expect(await second).toEqual(['r4'])
    await group.idle()
  })

  it('bounds a group by items and bytes, and takes one append whole however large', async () => {
    const { group, sent, turn, answer } = held()
    const adds = [
      group.add([1, 2, 3], 3),
      group.add([4, 5], 2),
      group.add([6], 99),
      group.add([7, 8, 9, 10, 11], 500),
    ]
    await turn()
    for (const nr of [0, 1, 2, 3]) await answer(nr)
    expect(sent).toEqual([[1, 2, 3], [4, 5], [6], [7, 8, 9, 10, 11]])
    await Promise.all(adds)
  })

  it('refuses what would wait beyond the bound, and takes it again later', async () => {
    const { group, turn, answer } = held({ maxPendingBytes: 10 })
    const first = group.add([1], 8)
    await expect(group.add([2], 3)).rejects.toThrow('8 bytes wait already')
    await turn()
    await answer(0)
    await first
    const later = group.add([3], 3)
    await turn()
    await answer(1)
    expect(await later).toEqual(['r3'])
  })

  it('fails the whole group when a send fails, and goes on with the next', async () => {
    const { group, answers, turn, answer } = held()
    const failed = Promise.allSettled([group.add([1], 1), group.add([2], 1)])
    await turn()
    answers[0]?.reject(new Error('gone'))
    expect((await failed).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    const next = group.add([3], 1)
    await turn()
    await answer(1)
    expect(await next).toEqual(['r3'])
  })

  it('gives a send the time that its oldest append has left, and does not try what has none', async () => {
    const { group, clock, timesLeft, turn, answer } = held()
    const first = group.add([1], 1, 500)
    await turn()
    expect(timesLeft).toEqual([3_500])
    const tooLate = group.add([2], 1)
    const inTime = group.add([3], 1, -3_000)
    tooLate.catch(() => undefined)
    clock.ms = 3_900
    await answer(0)
    await first
    await expect(tooLate).rejects.toThrow('in time')
    expect(timesLeft[1]).toBe(3_100)
    await answer(1)
    expect(await inTime).toEqual(['r3'])
  })

  it('sends appends one by one when an error may concern one of them', async () => {
    const sent: number[][] = []
    const group = groupCommit<number, number>({
      ...limits,
      now: () => 0,
      concernsOne: () => true,
      async send(items) {
        sent.push([...items])
        if (items.includes(2)) throw new Error('too large')
        return items
      },
    })
    const outcomes = await Promise.allSettled([1, 2, 3].map((item) => group.add([item], 1)))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(sent).toEqual([[1, 2, 3], [1], [2], [3]])
  })

  it('waits after a group of several until as many callers are there again', async () => {
    const sizes: number[] = []
    const group = groupCommit<number, number>({
      ...limits,
      now: () => performance.now(),
      gatherMs: 10_000,
      async send(items) {
        sizes.push(items.length)
        return items
      },
    })
    const again = async (rounds: number) => {
      for (let round = 0; round < rounds; round++) {
        await group.add([round], 1)
        // Callers are not all equally quick.
        await new Promise((done) => setTimeout(done, Math.random() * 10))
      }
    }
    await Promise.all([again(5), again(5), again(5)])
    expect(sizes).toEqual([3, 3, 3, 3, 3])
  })

  it('goes on without callers that do not come again', async () => {
    const group = groupCommit<number, number>({
      ...limits,
      now: () => performance.now(),
      gatherMs: 5,
      send: async (items) => items,
    })
    await Promise.all([group.add([1], 1), group.add([2], 1)])
    expect(await group.add([3], 1)).toEqual([3])
    await group.idle()
  })
})

import { MAX_DEPTH } from './counts.ts'
import type { Follower, Level } from './prediction.ts'
import { BEGINNING } from './step.ts'

/** What was counted around the contexts that a tail of operations ends with, by their length. */
export type Found<Operation> = Readonly<{
  followers(depth: number): readonly Follower<Operation>[]
  /** How often the context itself occurred; for the empty one, how many sessions there were. */
  occurred(depth: number): number
}>

/**
 * The levels to predict from after a tail of operations, the newest last. Sessions ended after a
 * context where it occurred and nothing followed; every session ends once, which is what the empty
 * context counts. Their share is taken of all times, forgotten or not: an occurrence and what
 * follows it can lie in different periods, so that weights do not tell it.
 *
 * @param isOwn the tail is a session's: that it ends there so far is no end.
 */
export function levelsAfter<Operation>(
  tail: readonly number[],
  { followers, occurred }: Found<Operation>,
  isOwn: boolean,
): readonly Level<Operation>[] {
  const levels: Level<Operation>[] = []
  for (let depth = 0; depth <= Math.min(tail.length, MAX_DEPTH); depth++) {
    const after = followers(depth)
    const weight = after.reduce((sum, follower) => sum + follower.weight, 0)
    const count = after.reduce((sum, follower) => sum + follower.count, 0)
    const ends = Math.max(0, occurred(depth) - (depth > 0 ? count : 0) - Number(isOwn))
    levels.push({
      reach: depth > 0 && tail.at(-depth) === BEGINNING ? depth - 1 : depth,
      followers: after,
      ended: count === 0 ? ends : (weight * ends) / count,
    })
  }
  return levels
}

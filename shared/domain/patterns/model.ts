import { type Counts, MAX_DEPTH, type NgramCount, NOTHING } from './counts.ts'
import { weightOf } from './forgetting.ts'
import { levelsAfter } from './levels.ts'
import { type Follower, type Forecast, predict } from './prediction.ts'
import { BEGINNING } from './step.ts'

/** Counts in memory, read as the database's are: for trying the model out without one. */
export type Model = Readonly<{
  predict(scope: number, tail: readonly number[], isOwn?: boolean): Forecast<number>
}>

/** A model over counts as they are now. `newest` is the newest period of the scope. */
export function modelOf({ ngrams }: Counts, newest: number): Model {
  const byContext = Map.groupBy(
    [...ngrams.values()].filter(({ count }) => count !== 0),
    ({ scope, c1, c2, c3, c4 }) => [scope, c1, c2, c3, c4].join(),
  )
  const after = (scope: number, context: readonly number[]) => {
    const [c1 = NOTHING, c2 = NOTHING, c3 = NOTHING, c4 = NOTHING] = context
    return byContext.get([scope, c1, c2, c3, c4].join()) ?? []
  }

  return {
    predict(scope, tail, isOwn = false) {
      const latestFirst = tail.slice(-MAX_DEPTH).toReversed()
      const [latest] = latestFirst
      const followers = (depth: number) =>
        followersOf(after(scope, latestFirst.slice(0, depth)), newest)
      const occurred = (depth: number) =>
        countOf(
          depth === 0
            ? after(scope, [BEGINNING])
            : after(scope, latestFirst.slice(1, depth)).filter(({ next }) => next === latest),
        )
      return predict(levelsAfter(tail, { followers, occurred }, isOwn))
    },
  }
}

/** Weights count back from the context's own newest period. */
function followersOf(entries: readonly NgramCount[], newest: number): readonly Follower<number>[] {
  const latest = entries.reduce((max, { period }) => Math.max(max, period), Number.MIN_SAFE_INTEGER)
  const now = Math.min(latest, newest)
  return [...Map.groupBy(entries, ({ next }) => next)].map(([next, same]) => ({
    next,
    weight: same.reduce((sum, { count, period }) => sum + count * weightOf(period, now), 0),
    count: countOf(same),
  }))
}

function countOf(entries: readonly NgramCount[]): number {
  return entries.reduce((sum, { count }) => sum + count, 0)
}

import { wilsonLower } from './confidence.ts'
import { weightOf } from './forgetting.ts'
import { type LifeState, type Look, lifeState } from './life-cycle.ts'

/** In one period: how often something was seen, out of how many chances. */
export type Tally = Readonly<{ period: number; seen: number; chances: number }>

/** What tallies say of something that happens in a share of its chances. */
export type Assessment = Readonly<{
  /** Weights after forgetting. */
  seen: number
  chances: number
  /** Observations in all. */
  support: number
  confidence: number
  state: LifeState
}>

/** Looks at tallies period by period, forgetting on the way; in any order of tallies. */
export function assessShare(tallies: readonly Tally[], newest: number): Assessment {
  const ordered = tallies.toSorted((a, b) => a.period - b.period)
  const looks: Look[] = []
  let seen = 0
  let chances = 0
  let support = 0
  let at = ordered[0]?.period ?? newest
  for (const tally of ordered) {
    const kept = weightOf(at, tally.period)
    seen = seen * kept + tally.seen
    chances = chances * kept + tally.chances
    support += tally.seen
    at = tally.period
    looks.push({ period: at, seen: tally.seen, confidence: confidenceOf(seen, chances) })
  }
  const kept = weightOf(at, newest)
  return {
    seen: seen * kept,
    chances: chances * kept,
    support,
    confidence: confidenceOf(seen * kept, chances * kept),
    state: lifeState(looks, newest),
  }
}

function confidenceOf(seen: number, chances: number): number {
  // A period boundary between a context and its follower can leave more followers than contexts.
  const out = Math.max(seen, chances)
  return out <= 0 ? 0 : wilsonLower(seen / out, out)
}

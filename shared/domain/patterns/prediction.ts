import { wilsonLower } from './confidence.ts'

/** Taken from every count and handed to the shorter context (absolute discounting). */
const DISCOUNT = 0.75

/** What a shorter context's distribution weighs, in observations. */
const STRENGTH = 4

/** An operation seen after a context: its weight after forgetting, and how often in all. */
export type Follower<Operation> = Readonly<{ next: Operation; weight: number; count: number }>

/** What followed one context. */
export type Level<Operation> = Readonly<{
  /** Operations that the context reaches back; a session's beginning is not one. */
  reach: number
  followers: readonly Follower<Operation>[]
  /** What the sessions that ended there so far weigh. */
  ended: number
}>

export type PredictedItem<Operation> = Readonly<{
  operation: Operation
  /** 0..1 */
  probability: number
  /** 0..1, at most the probability: where it lies above with 95 % certainty. */
  confidence: number
  /** How often it followed the longest context in which it was seen. */
  support: number
}>

export type Forecast<Operation> = Readonly<{
  items: readonly PredictedItem<Operation>[]
  nothing: number
  contextUsed: number
}>

/**
 * What comes next, from the counts after ever longer contexts: hierarchical interpolation as a
 * Pitman-Yor process does it with one table per kind of outcome (Y. W. Teh, "A Hierarchical Bayesian
 * Language Model Based on Pitman-Yor Processes", ACL 2006, section 4 and interpolated Kneser-Ney).
 * With c of n observations and `kept` = sum of min(c, discount) over the outcomes:
 *
 *     p(x) = (max(0, c(x) - discount) + (strength + kept) * shorter(x)) / (n + strength)
 *
 * where the empty context's `shorter` is uniform over everything known and "nothing". Evidence flows
 * likewise, e = n + (strength + kept) / (n + strength) * shorter e, and an item's confidence is
 * Wilson's lower bound of its probability with that many observations. Sums are over integers times
 * powers of two, so the answer does not depend on the order of anything.
 *
 * @param levels from the empty context on; the order of followers does not matter.
 */
export function predict<Operation>(levels: readonly Level<Operation>[]): Forecast<Operation> {
  const beliefs = new Map<Operation, { probability: number; support: number }>()
  for (const { followers } of levels) {
    for (const { next } of followers) beliefs.set(next, { probability: 0, support: 0 })
  }
  const uniform = 1 / (beliefs.size + 1)
  for (const belief of beliefs.values()) belief.probability = uniform
  let nothing = uniform
  let evidence = 0
  let contextUsed = 0
  for (const level of levels) {
    const total = sumOf(level, (weight) => weight)
    if (total <= 0) continue
    const kept = sumOf(level, (weight) => Math.min(weight, DISCOUNT))
    const back = (STRENGTH + kept) / (total + STRENGTH)
    const own = (weight: number) => Math.max(0, weight - DISCOUNT) / (total + STRENGTH)
    for (const belief of beliefs.values()) belief.probability *= back
    for (const { next, weight, count } of level.followers) {
      const belief = beliefs.get(next)
      if (!belief) continue
      belief.probability += own(weight)
      belief.support = count
    }
    nothing = nothing * back + own(level.ended)
    evidence = total + back * evidence
    contextUsed = Math.max(contextUsed, level.reach)
  }
  const items = [...beliefs].map(([operation, { probability, support }]) => ({
    operation,
    probability,
    confidence: wilsonLower(probability, evidence),
    support,
  }))
  return { items: items.sort(mostProbableFirst), nothing, contextUsed }
}

/** Over all outcomes; the one that is no power of two comes last. */
function sumOf({ followers, ended }: Level<unknown>, of: (weight: number) => number): number {
  return followers.reduce((sum, { weight }) => sum + of(weight), 0) + of(ended)
}

function mostProbableFirst<Operation>(
  a: PredictedItem<Operation>,
  b: PredictedItem<Operation>,
): number {
  return b.probability - a.probability || (a.operation < b.operation ? -1 : 1)
}

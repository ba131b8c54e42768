import { betaCdf } from '../patterns/beta.ts'
import { wilsonLower } from '../patterns/confidence.ts'

/** What the bridge advises: how sure it is, and whether that is enough to act on. */
export type Advice = Readonly<{ confidence: number; state: 'candidate' | 'confirmed' }>

const CONFIRMED_FROM = 0.8
const LEAST_SUPPORT = 20

/** Answers that take longer than this are slow, ms; more than one in twenty makes an operation slow. */
export const SLOW_MS = 1_000
const SLOW_SHARE = 0.05

/** Changes within an hour that an instance is allowed: it goes and comes back. */
const EXPECTED_CHANGES = 2

/**
 * Whether answers could be kept: of questions that were asked again, the share with the same answer
 * as before, its lower bound (Wilson, 95 %). Undefined where nothing was asked again.
 */
export function cacheable(repeats: number, unchanged: number): Advice | undefined {
  if (repeats === 0) return undefined
  return advice(wilsonLower(unchanged / repeats, repeats), repeats)
}

/**
 * Whether an operation is slow: how sure it is that more than one call in twenty takes over a second
 * (posterior of the share under a uniform prior). Undefined where the share is not above that.
 */
export function slow(calls: number, slowCalls: number): Advice | undefined {
  if (calls === 0 || slowCalls / calls <= SLOW_SHARE) return undefined
  return advice(1 - betaCdf(SLOW_SHARE, slowCalls + 1, calls - slowCalls + 1), calls)
}

/**
 * Whether an instance flaps: how improbable so many changes of health within an hour are for one that
 * changes twice an hour (Poisson). Undefined up to that.
 */
export function flapping(changes: number): Advice | undefined {
  if (changes <= EXPECTED_CHANGES) return undefined
  let term = Math.exp(-EXPECTED_CHANGES)
  let below = 0
  for (let k = 0; k < changes; k++) {
    below += term
    term *= EXPECTED_CHANGES / (k + 1)
  }
  // Changes are few: how many there must be to be sure is in the distribution already.
  return advice(below, LEAST_SUPPORT)
}

function advice(confidence: number, support: number): Advice {
  const isConfirmed = confidence >= CONFIRMED_FROM && support >= LEAST_SUPPORT
  return { confidence, state: isConfirmed ? 'confirmed' : 'candidate' }
}

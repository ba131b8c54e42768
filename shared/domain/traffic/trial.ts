import type { RollbackRule } from '../routing/rules.ts'
import {
  type Arm,
  failureDifference,
  failureEvidence,
  logDifference,
  sequentialRadius,
  slownessEvidence,
} from './sequential-test.ts'

/** What is known of a canary so far. Evidence is a factor, see `sequential-test.ts`. */
export type Verdict = Readonly<{
  /** `as-good`: not worse by what the rule looks for, but for the chance that it allows. */
  state: 'collecting' | 'worse' | 'as-good'
  /** One sentence with the numbers it rests on. */
  why: string
}>

/** Before so many calls of each nothing is decided: what holds in the long run holds from here on. */
const LEAST_CALLS = 50

/** There are two ways to be worse: each gets half of the errors that the rule allows. */
const WAYS = 2

/**
 * Whether a canary is worse than the version beside it, as far as can be said by now: it fails more
 * often, or its good answers come later. Asked after every call, it errs no more often than the rule
 * allows. `worseBy` is a difference of failure shares, and of times as a share of the baseline's.
 */
export function judge(canary: Arm, baseline: Arm, rule: RollbackRule): Verdict {
  const least = Math.min(canary.calls, baseline.calls)
  if (least < LEAST_CALLS) {
    return { state: 'collecting', why: `${least} of ${LEAST_CALLS} calls of each version` }
  }
  const failing = failureDifference(canary, baseline)
  const slowness =
    Math.min(canary.timed, baseline.timed) < LEAST_CALLS
      ? undefined
      : logDifference(canary, baseline)
  const needed = WAYS / rule.falseAlarmRate
  const worseBy = Math.max(rule.worseBy, Number.EPSILON)
  const slowerBy = Math.log1p(worseBy)

  if (failureEvidence(canary, baseline) >= needed && failing.difference >= worseBy / 2) {
    const [one, other] = [canary, baseline].map(({ failures, calls }) => `${failures} of ${calls}`)
    return { state: 'worse', why: `it failed ${one} calls, the version beside it ${other}` }
  }
  if (
    slowness &&
    slownessEvidence(canary, baseline, slowerBy) >= needed &&
    slowness.difference >= slowerBy / 2
  ) {
    return { state: 'worse', why: `it takes ${timesOf(slowness.difference)} of the time beside it` }
  }
  const within = (each: { difference: number; variance: number }, most: number) =>
    each.difference + sequentialRadius(each.variance, most, rule.missRate / WAYS) < most
  const isAsGood = slowness && within(failing, worseBy) && within(slowness, slowerBy)
  const seen = `after ${canary.calls} and ${baseline.calls} calls`
  return isAsGood
    ? { state: 'as-good', why: `not worse by ${rule.worseBy} ${seen}` }
    : { state: 'collecting', why: `nothing is certain ${seen}` }
}

const timesOf = (logRatio: number) => `${(100 * Math.exp(logRatio)).toFixed(1)} %`

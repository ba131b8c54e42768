import { normalTail } from '../patterns/normal.ts'

/** Calls of one of two versions that are compared. */
export type Arm = Readonly<{
  calls: number
  failures: number
  /** Calls whose time counts: those that succeeded. */
  timed: number
  /** Sum and sum of squares of their times' natural logarithms, the times in ms. */
  logSum: number
  logSquares: number
}>

export const emptyArm: Arm = { calls: 0, failures: 0, timed: 0, logSum: 0, logSquares: 0 }

/** How many times as often the canary might fail: evidence is averaged over these. */
const RATIOS = [1.1, 1.25, 1.5, 2, 3, 5, 10, 20]

/**
 * Evidence that the canary fails more often, as a factor: over 1/α happens with a probability of at
 * most α in a whole run when both fail alike, however often one looks (Ville's inequality).
 *
 * When both fail alike, the next failure is the canary's with the share of calls it has. Against
 * that stand alternatives in which it fails r times as often, all with the same weight (method of
 * mixtures; Robbins, "Statistical methods related to the law of the iterated logarithm", 1970).
 */
export function failureEvidence(canary: Arm, baseline: Arm): number {
  const share = canary.calls / (canary.calls + baseline.calls)
  const failures = canary.failures + baseline.failures
  if (!(share > 0 && share < 1) || failures === 0) return 1
  const factors = RATIOS.map((ratio) =>
    Math.exp(canary.failures * Math.log(ratio) - failures * Math.log1p(share * (ratio - 1))),
  )
  return factors.reduce((sum, factor) => sum + factor, 0) / RATIOS.length
}

/**
 * Evidence that the canary is slower, as a factor with the same meaning: a mixture sequential
 * probability ratio test on the mean logarithm of the times (Johari, Koomen, Pekelis, Walsh, "Always
 * Valid Inference", Operations Research 70(3), 2022), one-sided: a half-normal spread of `scale`
 * stands for how much slower it may be.
 */
export function slownessEvidence(canary: Arm, baseline: Arm, scale: number): number {
  const { difference, variance } = logDifference(canary, baseline)
  if (!(variance > 0)) return 1
  const both = variance + scale ** 2
  const z = (difference * scale) / Math.sqrt(variance * both)
  const above = z >= 0 ? 1 - normalTail(z) : normalTail(-z)
  return 2 * Math.sqrt(variance / both) * Math.exp(z ** 2 / 2) * above
}

/** How much slower the canary is: difference of mean logarithms, and its variance. */
export function logDifference(canary: Arm, baseline: Arm) {
  return {
    difference: meanOf(canary) - meanOf(baseline),
    variance: varianceOf(canary) / canary.timed + varianceOf(baseline) / baseline.timed,
  }
}

/** How much more often the canary fails: difference of shares, and its variance. */
export function failureDifference(canary: Arm, baseline: Arm) {
  const share = ({ calls, failures }: Arm) => failures / calls
  // A share of none or all has no variance of its own: Agresti and Caffo's added pair of each.
  const spread = ({ calls, failures }: Arm) => {
    const p = (failures + 1) / (calls + 2)
    return (p * (1 - p)) / (calls + 2)
  }
  return {
    difference: share(canary) - share(baseline),
    variance: spread(canary) + spread(baseline),
  }
}

/**
 * How far above the estimate the truth may lie, at any time of a run, but for a probability of
 * `error`: the radius of a normal-mixture confidence sequence of scale `scale` (the same paper).
 */
export function sequentialRadius(variance: number, scale: number, error: number): number {
  const both = variance + scale ** 2
  const bits = 2 * Math.log(1 / error) + Math.log(both / variance)
  return Math.sqrt(((variance * both) / scale ** 2) * bits)
}

const meanOf = ({ timed, logSum }: Arm) => logSum / timed

function varianceOf({ timed, logSum, logSquares }: Arm): number {
  return Math.max((logSquares - logSum ** 2 / timed) / (timed - 1), 0)
}

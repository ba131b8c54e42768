import type { LearnedOperation } from '../catalog/learned-operation.ts'

/** A difference below this changes no decision: time-outs are three times what was learned. */
const WORTH_TELLING = 0.1
/** What is as it was is told again after so long, so that it does not look forgotten, ms. */
const TELL_AGAIN_MS = 3_600_000

/** Whether what was learned differs enough from what was told before to be worth every reader's look. */
export function isNews(
  told: readonly LearnedOperation[],
  learned: readonly LearnedOperation[],
): boolean {
  if (told.length !== learned.length) return true
  const before = new Map(told.map((one) => [`${one.version} ${one.operation}`, one]))
  return learned.some((one) => {
    const known = before.get(`${one.version} ${one.operation}`)
    if (!known) return true
    const age = Date.parse(one.learnedAt) - Date.parse(known.learnedAt)
    return (
      age >= TELL_AGAIN_MS || differs(known.p95Ms, one.p95Ms) || differs(known.p99Ms, one.p99Ms)
    )
  })
}

const differs = (before: number, now: number): boolean =>
  Math.abs(now - before) > WORTH_TELLING * Math.max(before, 0.1)

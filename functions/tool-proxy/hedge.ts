import { verdictOf } from '#shared/domain/resilience/verdict.ts'
import type { UpstreamOutcome } from '#shared/ports/upstream.ts'
import type { Attempt } from './attempt.ts'

/** An attempt and how it came out. */
export type Finished = Readonly<{ attempt: Attempt; outcome: UpstreamOutcome }>

/**
 * Waits for an attempt, and for a second one as well once the first takes longer than most do (Dean and
 * Barroso, "The Tail at Scale", 2013): the first good answer counts, the other attempt ends.
 *
 * @param second starts it; undefined when there is nobody to ask or the budget is spent.
 */
export async function hedged(
  first: Attempt,
  delayMs: number,
  second: () => Attempt | undefined,
): Promise<Finished> {
  const firstDone = first.exchange.outcome.then((outcome) => ({ attempt: first, outcome }))
  const early = await within(firstDone, delayMs)
  if (early) return early
  const other = second()
  if (!other) return firstDone
  const otherDone = other.exchange.outcome.then((outcome) => ({ attempt: other, outcome }))
  const winner = await Promise.race([firstDone, otherDone])
  const loser = winner.attempt === first ? other : first
  if (isGood(winner)) {
    loser.abandon('Another instance answered first.')
    return winner
  }
  winner.attempt.tell(winner.outcome)
  winner.attempt.exchange.cancel({ kind: 'reset', detail: 'Another instance is waited for.' })
  return winner.attempt === first ? otherDone : firstDone
}

function isGood({ outcome }: Finished): boolean {
  return outcome.type === 'answer' && verdictOf({ status: outcome.answer.status }) === 'ok'
}

async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((done) => {
    timer = setTimeout(done, ms, undefined)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

import { isOutage } from '#shared/errors.ts'
import type { Outcome } from '../lambda/outcome.ts'

/** Where the handling of a batch stands. Indexes count the batch's records. */
export type BatchState = Readonly<{
  /** The first record that is not done. */
  from: number
  /** How many records to hand over at most; smaller while a record is looked for that spoils them. */
  span: number
  /** How often the record at `from` was handed over in vain. */
  attempts: number
  /** Infrastructure failures in a row; these count for nothing but the pause before the next try. */
  outages: number
}>

/** What to do next. */
export type BatchStep =
  /** Everything is done. */
  | Readonly<{ type: 'done' }>
  | Readonly<{ type: 'send'; state: BatchState }>
  /** Try again, but not at once. */
  | Readonly<{ type: 'wait'; state: BatchState; failures: number }>
  /** Give the record at `state.from` up, then go on behind it. */
  | Readonly<{ type: 'give-up'; state: BatchState; attempt: number }>

/** What an invocation made of the records from `from` on. */
export type BatchOutcome =
  | Readonly<{ type: 'done' }>
  /** This record failed; those before it in the invocation are done. */
  | Readonly<{ type: 'failed-at'; index: number }>
  /** Nobody knows which record failed. */
  | Readonly<{ type: 'failed' }>
  /** They are more than one invocation may hold: that says nothing about any of them. */
  | Readonly<{ type: 'too-large' }>
  /** The function could not reach what it needs: no record is to blame. */
  | Readonly<{ type: 'outage' }>

export type RetryRules = Readonly<{
  /** Records in the batch, and how many of them were handed over. */
  size: number
  sent: number
  maxRetries: number
  bisect: boolean
  /** The record that failed is older than the mapping keeps trying. */
  tooOld: boolean
}>

export const FRESH: BatchState = {
  from: 0,
  span: Number.POSITIVE_INFINITY,
  attempts: 0,
  outages: 0,
}

/**
 * Decides how a batch goes on after an invocation, as Lambda's event source mapping does with retries,
 * bisecting and a failure destination, with one difference: an outage counts as no attempt. Lambda
 * would dead-letter everything that arrives while a database is away for longer than its retries;
 * here it waits.
 *
 * A record is given up when it failed more than `maxRetries` times and is known to be the one. Where
 * it is not known, halves are tried, each once: of n records one is found in about log2(n) steps.
 */
export function nextStep(
  { from, span, attempts, outages }: BatchState,
  outcome: BatchOutcome,
  { size, sent, maxRetries, bisect, tooOld }: RetryRules,
): BatchStep {
  switch (outcome.type) {
    case 'done': {
      const next = from + sent
      if (next >= size) return { type: 'done' }
      // What is left of a bisected stretch holds the culprit, so it stays small.
      return { type: 'send', state: { from: next, span, attempts: 0, outages: 0 } }
    }
    case 'outage': {
      const state = { from, span, attempts, outages: outages + 1 }
      return { type: 'wait', state, failures: state.outages }
    }
    case 'failed-at': {
      const tries = outcome.index === from ? attempts + 1 : 1
      const state = { ...FRESH, from: outcome.index, attempts: tries }
      if (tries > maxRetries || tooOld) return { type: 'give-up', state, attempt: tries }
      return { type: 'wait', state, failures: tries }
    }
    case 'too-large':
    case 'failed': {
      if (outcome.type === 'too-large' && sent > 1) {
        return { type: 'send', state: { from, span: Math.ceil(sent / 2), attempts, outages: 0 } }
      }
      const tries = attempts + 1
      const exhausted = tries > maxRetries || tooOld
      if (!exhausted && span === Number.POSITIVE_INFINITY) {
        return { type: 'wait', state: { from, span, attempts: tries, outages: 0 }, failures: tries }
      }
      if (sent === 1) {
        return { type: 'give-up', state: { ...FRESH, from, attempts: tries }, attempt: tries }
      }
      // Without bisecting Lambda gives the whole batch up; one record after the other comes to that.
      const half = bisect ? Math.ceil(sent / 2) : 1
      return { type: 'send', state: { from, span: half, attempts: tries, outages: 0 } }
    }
  }
}

type Place = Readonly<{ topic: string; partition: number; offset: number }>

/** Lambda's name for records that are more than an invocation may hold. */
export const TOO_LARGE = 'RequestTooLargeException'

/** What a function's outcome says of the records it was given. */
export function readOutcome(
  outcome: Outcome,
  sent: readonly Place[],
  from: number,
  partialFailures: boolean,
): BatchOutcome {
  switch (outcome.type) {
    case 'result':
      return partialFailures ? readPartial(outcome.value, sent, from) : { type: 'done' }
    case 'error':
      if (outcome.errorType === TOO_LARGE) return { type: 'too-large' }
      return { type: isOutage(outcome.errorType) ? 'outage' : 'failed' }
    case 'throttled':
    case 'unreachable':
      return { type: 'outage' }
    case 'crash':
      return { type: outcome.loaded ? 'failed' : 'outage' }
    default:
      return { type: 'failed' }
  }
}

/**
 * The partial batch response: no body, null and an empty list are full success; an identifier that is
 * none of the records' fails the whole batch.
 */
function readPartial(value: unknown, sent: readonly Place[], from: number): BatchOutcome {
  if (value === undefined || value === null || value === '') return { type: 'done' }
  const failures = (value as { batchItemFailures?: unknown }).batchItemFailures
  if (failures === undefined || failures === null) return { type: 'done' }
  if (!Array.isArray(failures)) return { type: 'failed' }
  let first = Number.POSITIVE_INFINITY
  for (const failure of failures) {
    const place = (failure as { itemIdentifier?: { partition?: unknown; offset?: unknown } } | null)
      ?.itemIdentifier
    const index = sent.findIndex(
      ({ topic, partition, offset }) =>
        place?.offset === offset && place.partition === `${topic}-${partition}`,
    )
    if (index < 0) return { type: 'failed' }
    first = Math.min(first, index)
  }
  return failures.length === 0 ? { type: 'done' } : { type: 'failed-at', index: from + first }
}

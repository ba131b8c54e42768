import { backoffMs } from '../../domain/backoff.ts'
import type { Failure } from '../../errors.ts'
import { log } from '../../log.ts'

/**
 * What is known of being refused: by Kafka, which does not take our credentials, or by us, who do not
 * trust its certificate. Neither mends itself within seconds, so connections are tried ever more
 * rarely, callers hear of it at once, and the log once.
 */
export type Refusals = Readonly<{
  /** Why it is no use to ask now; undefined when it is worth a try. */
  current(): Failure | undefined
  /** As `current`, for whoever connects when it is undefined: one at a time tries while refused. */
  admit(): Failure | undefined
  refused(failure: Failure): void
  accepted(): void
}>

/** The secret may be right again soon, and 1,000 environments may ask. */
const RETRY = { leastMs: 1_000, mostMs: 15_000 }

type Refused = { failure: Failure; times: number; retryAt: number; isTrying: boolean }

/** What differs between two refusals for one reason: the number of a request, of an attempt. */
const NUMBER_OF_REQUEST = /[0-9a-f-]{16,}/gi

/** @param now monotonic clock, ms */
export function rememberRefusals(now: () => number): Refusals {
  let refusal: Refused | undefined
  const logged = new Set<string>()

  const current = () => (refusal && now() < refusal.retryAt ? refusal.failure : undefined)
  const waitMs = (times: number) => backoffMs(times, Math.random(), RETRY)

  function logOnce({ kind, message }: Failure): void {
    const reason = message.replaceAll(NUMBER_OF_REQUEST, '')
    if (logged.has(reason)) return
    logged.add(reason)
    log('error', 'kafka.refused', { kind, error: message })
  }

  return {
    current,

    admit() {
      const failure = current()
      if (refusal && !failure) {
        refusal.isTrying = true
        refusal.retryAt = now() + waitMs(refusal.times)
      }
      return failure
    },

    refused(failure) {
      logOnce(failure)
      if (refusal && current() && !refusal.isTrying) {
        // Of several who connected at the same time the first one counts.
        refusal.failure = failure
        return
      }
      const times = (refusal?.times ?? 0) + 1
      refusal = { failure, times, retryAt: now() + waitMs(times), isTrying: false }
    },

    accepted() {
      if (refusal) log('info', 'kafka.accepted', { after: refusal.times })
      refusal = undefined
      logged.clear()
    },
  }
}

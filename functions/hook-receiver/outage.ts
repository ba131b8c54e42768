import { Failure } from '#shared/errors.ts'

/** What a sender is told to wait before it tries again, s. */
const RETRY_AFTER_S = 1

/**
 * Whether the log is away, so that the same records may be taken later. What is wrong with the records,
 * or with the log's topics until someone has made them, is none.
 */
export function isOutage(error: unknown): boolean {
  return !(error instanceof Failure) || error.retryable
}

/** What a sender hears when the log refused. */
export function refusal(error: unknown): Failure {
  if (error instanceof Failure && error.kind === 'TooLarge') return error
  // Whatever else keeps the log from it, a missing topic included, is not the sender's to mend.
  return new Failure('Unavailable', 'The event log did not acknowledge.', {
    cause: error,
    retryAfterS: RETRY_AFTER_S,
  })
}

/** What a sender hears when the spill failed too. `outage` is why the log was not asked, or failed. */
export function refusalOfBoth(outage: unknown, error: unknown): Failure {
  const why = `log: ${told(outage)}; spill: ${told(error)}`
  return new Failure('Unavailable', 'Neither the event log nor the spill took the events.', {
    cause: new Error(why, { cause: error }),
    retryAfterS: RETRY_AFTER_S,
  })
}

function told(error: unknown): string {
  return error instanceof Error ? error.message : 'was away a moment ago'
}

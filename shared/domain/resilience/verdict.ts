import type { CallFault } from '../calls/call.ts'

/**
 * What a call says of the instance that it went to. `abandoned` says nothing: the caller left, another
 * attempt was quicker, or it was never sent.
 */
export type Verdict = 'ok' | 'fault' | 'abandoned'

/** An answer or the lack of one. */
export type Answered = Readonly<{ status: number }> | Readonly<{ fault: CallFault }>

/**
 * 500 is a defect that met this call (an unhandled exception, as a rule), 502 to 504 say that the
 * instance or what it needs is away: whichever goes on, asking on does harm. 501, 505 and the others
 * are about what was asked for, as every 4xx is, 429 included: an instance that limits a caller is well.
 */
const FAULTY = new Set([500, 502, 503, 504])

/** Faults that tell of the instance; the others are ours or the caller's. */
const INSTANCE_FAULTS = new Set<CallFault>([
  'unresolved',
  'unreachable',
  'tls',
  'reset',
  'malformed-response',
  'timeout',
])

/** What an answer, or the lack of one, says of the instance. */
export function verdictOf(answered: Answered): Verdict {
  if ('status' in answered) return FAULTY.has(answered.status) ? 'fault' : 'ok'
  return INSTANCE_FAULTS.has(answered.fault) ? 'fault' : 'abandoned'
}

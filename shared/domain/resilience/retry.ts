import type { OperationRule } from '../routing/rules.ts'
import type { Answered } from './verdict.ts'

/** RFC 9110, section 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])

/**
 * Whether a request may be done twice: as its operation's rule says, else because the caller gave an
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), else by its method.
 */
export function isIdempotent(
  method: string,
  rule: Pick<OperationRule, 'idempotent'> | undefined,
  hasIdempotencyKey: boolean,
): boolean {
  return rule?.idempotent ?? (hasIdempotencyKey || IDEMPOTENT.has(method))
}

/** A request that did not get a good answer. */
export type Tried = Readonly<{
  answered: Answered
  idempotent: boolean
  /** Whether anything of the request may have reached the instance. */
  sent: boolean
  /** Whether the body can be sent again. */
  replayable: boolean
  /** Attempts so far, this one included. */
  attempts: number
  /** Rules' `attempts`. */
  most: number
}>

/** Instance or what it needs is away. A 500 is a defect that most likely meets the next instance too. */
const AWAY = new Set([502, 503, 504])

/** Whether another instance may be asked, if the budget allows: see `InstanceChooser.mayRetry`. */
export function isRetryable({ answered, idempotent, sent, ...tried }: Tried): boolean {
  if (tried.attempts >= tried.most || !tried.replayable) return false
  if ('status' in answered) return idempotent && AWAY.has(answered.status)
  switch (answered.fault) {
    case 'unresolved':
    case 'unreachable':
    case 'tls':
      return true
    case 'reset':
    case 'malformed-response':
    case 'timeout':
      return idempotent || !sent
    default:
      return false
  }
}

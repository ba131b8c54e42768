import { randomUUID } from 'node:crypto'

/** W3C Trace Context, section 3.2: version, trace id, parent id, flags; lower case only. */
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

const NO_TRACE = '0'.repeat(32)
const NO_PARENT = '0'.repeat(16)
const SAMPLED_RANDOM = '03'

/**
 * The `traceparent` of our own span: in the caller's trace where it sent a valid one, else the first
 * of a new trace. A later version than ours is read as far as we know it (section 4.3).
 */
export function continueTrace(traceparent: string | undefined): string {
  // Node keeps the randomness of UUIDs in stock; asking for bytes costs more than all the rest here.
  const [half = '', , , , whole = ''] = randomUUID().split('-')
  const span = whole + half.slice(0, 4)
  const parts = traceparent === undefined ? null : TRACEPARENT.exec(traceparent)
  if (!parts || !isValid(parts))
    return `00-${randomUUID().replaceAll('-', '')}-${span}-${SAMPLED_RANDOM}`
  return `00-${parts[2]}-${span}-${parts[4]}`
}

/** Whether a caller's `traceparent` may be used. */
export function isTraceparent(traceparent: string): boolean {
  const parts = TRACEPARENT.exec(traceparent)
  return parts !== null && isValid(parts)
}

function isValid([, version, trace, parent, , rest]: RegExpExecArray): boolean {
  if (version === 'ff' || trace === NO_TRACE || parent === NO_PARENT) return false
  return version !== '00' || rest === undefined
}

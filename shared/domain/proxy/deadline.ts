import { parseTime } from '../time.ts'

const MILLISECONDS = /^\d{1,15}$/

/**
 * When a caller stops waiting, ms since the epoch, by its `X-Deadline`: milliseconds since the epoch or
 * RFC 3339. Undefined for what is neither.
 */
export function readDeadline(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (MILLISECONDS.test(value)) return Number(value)
  const micros = parseTime(value)
  return micros === undefined ? undefined : micros / 1_000
}

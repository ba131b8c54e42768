import { parseTime } from '../time.ts'
import { type Check, type Fields, wrong } from './fields.ts'

/** 0001-01-01T00:00:00Z in microseconds: no database of ours takes an earlier year. */
const EARLIEST = -62_135_596_800_000_000

/** Whether a text is an RFC 3339 time that can be stored. */
export function isInstant(text: unknown): text is string {
  if (typeof text !== 'string') return false
  const micros = parseTime(text)
  return micros !== undefined && micros >= EARLIEST
}

/** A time that may be missing or null. */
export function optionalTime(fields: Fields, name: string, check: Check): string | undefined {
  const value = fields[name]
  if (value === undefined || value === null) return undefined
  if (isInstant(value)) return value
  wrong(check, name, 'must be an RFC 3339 time such as 2026-01-31T12:00:00.000Z')
  return undefined
}

/** Unix seconds of a payload as RFC 3339; undefined for what is none. */
export function timeOfSeconds(seconds: unknown): string | undefined {
  if (typeof seconds !== 'number' || !(seconds > 0 && seconds < 1e11)) return undefined
  return new Date(Math.floor(seconds * 1_000)).toISOString()
}

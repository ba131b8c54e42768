import { jsonPointer } from '../json/pointer.ts'
import { isTraceparent } from '../traceparent.ts'
import type { FieldProblem } from './draft.ts'

export type Fields = Readonly<Record<string, unknown>>

/** Gathers what is wrong with one event; `at` is the event's own pointer. */
export type Check = Readonly<{ at: string; problems: FieldProblem[] }>

/**
 * Longest texts in UTF-16 units. Source and id together are a database key, whose index takes 2,704
 * bytes: at 3 bytes a unit they stay below.
 */
export const MAX = { id: 256, source: 512, type: 256, name: 256, subject: 1_024, extension: 4_096 }

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Notes that a member is wrong. */
export function wrong({ at, problems }: Check, name: string, detail: string): void {
  problems.push({ pointer: at + jsonPointer([name]), detail })
}

/** A text that has to be there; '' once it is noted as wrong. */
export function requiredText(fields: Fields, name: string, max: number, check: Check): string {
  const value = fields[name]
  if (value === undefined || value === null) {
    wrong(check, name, 'is required')
    return ''
  }
  return checkedText(value, name, max, check) ?? ''
}

/** A text that may be missing or null. */
export function optionalText(
  fields: Fields,
  name: string,
  max: number,
  check: Check,
): string | undefined {
  const value = fields[name]
  return value === undefined || value === null ? undefined : checkedText(value, name, max, check)
}

/** A value that has to be a text of 1 to `max` characters without control characters. */
export function checkedText(
  value: unknown,
  name: string,
  max: number,
  check: Check,
): string | undefined {
  const detail = textProblem(value, max)
  if (detail === undefined) return value as string
  wrong(check, name, detail)
  return undefined
}

/** What keeps a value from being such a text. */
export function textProblem(value: unknown, max: number): string | undefined {
  if (typeof value !== 'string') return 'must be a string'
  if (value === '') return 'must not be empty'
  if (value.length > max) return `must have at most ${max} characters`
  return hasControl(value) ? 'must not hold control characters' : undefined
}

/** U+0000-U+001F and U+007F-U+009F, which CloudEvents bars from strings. */
function hasControl(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0x20 || (unit > 0x7e && unit < 0xa0)) return true
  }
  return false
}

/** A `traceparent` that may be missing; noted as wrong where W3C Trace Context bars it. */
export function optionalTraceparent(fields: Fields, check: Check): string | undefined {
  const value = optionalText(fields, 'traceparent', MAX.name, check)
  if (value === undefined || isTraceparent(value)) return value
  wrong(check, 'traceparent', 'is no W3C traceparent')
  return undefined
}

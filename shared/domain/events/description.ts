import type { Outcome, Phase } from './event.ts'
import { meaningOf } from './verbs.ts'

/** What an event is to patterns, graph and metrics. `durationms` is decimal text. */
export type Description = {
  operation: string
  phase: Phase
  outcome: Outcome | undefined
  callid: string | undefined
  durationms: string | undefined
}

/** What is already known of it: by its dialect, or by its own attributes. */
export type Known = Partial<{ [name in keyof Description]: Description[name] | undefined }>

/** Operations and call ids are keys of tables: longer ones are cut. */
const MAX_LENGTH = 256

/**
 * What an event is, by the first of these that speaks:
 *
 * | | known | data (an object) | type |
 * | --- | --- | --- | --- |
 * | operation | operation | `operation` | the type itself |
 * | phase | phase | `phase` | its verb, see `meaningOf` |
 * | outcome | outcome | `outcome`, `success` (boolean), `status` (text, or an HTTP status), an `error` that is not empty | its verb |
 * | callid | callid | `call_id`, else `tool_use_id` | |
 * | durationms | durationms | `duration_ms` (a number >= 0) | |
 *
 * A before and a start have no outcome and no duration.
 */
export function descriptionOf(type: string, data: unknown, known: Known = {}): Description {
  const fields = isObject(data) ? data : {}
  const meaning = meaningOf(type)
  const phase = known.phase ?? (isPhase(fields.phase) ? fields.phase : meaning.phase)
  const isOpening = phase === 'before' || phase === 'start'
  return {
    operation: cut(known.operation || textOf(fields.operation) || type),
    phase,
    outcome: isOpening ? undefined : (known.outcome ?? outcomeOf(fields) ?? meaning.outcome),
    callid: cutOptional(known.callid ?? idOf(fields.call_id) ?? idOf(fields.tool_use_id)),
    durationms: isOpening ? undefined : (known.durationms ?? durationText(fields.duration_ms)),
  }
}

/** Milliseconds as decimal text; undefined for what is no duration. */
export function durationText(ms: unknown): string | undefined {
  if (typeof ms !== 'number' || !(ms >= 0 && ms < 1e15)) return undefined
  return Number.isInteger(ms) ? String(ms) : String(Number(ms.toFixed(6)))
}

const phases: ReadonlySet<unknown> = new Set<Phase>(['before', 'after', 'start', 'end', 'point'])

export function isPhase(value: unknown): value is Phase {
  return phases.has(value)
}

export function isOutcome(value: unknown): value is Outcome {
  return value === 'ok' || value === 'error' || value === 'cancelled'
}

const outcomeWords: ReadonlyMap<string, Outcome> = new Map(
  Object.entries({
    ok: 'ok success succeeded successful completed complete passed done',
    error: 'error errored failed failure timeout timed_out rejected denied',
    cancelled: 'cancelled canceled aborted interrupted skipped',
  }).flatMap(([outcome, words]) => words.split(' ').map((word) => [word, outcome as Outcome])),
)

/** The outcome a word stands for, in any case. */
export function outcomeWord(value: unknown): Outcome | undefined {
  return typeof value === 'string' ? outcomeWords.get(value.toLowerCase()) : undefined
}

/** HTTP statuses from here on are errors (RFC 9110, section 15). */
const FIRST_ERROR_STATUS = 400

function outcomeOf(fields: Readonly<Record<string, unknown>>): Outcome | undefined {
  const { outcome, success, status, error } = fields
  const said = outcomeWord(outcome)
  if (said) return said
  if (typeof success === 'boolean') return success ? 'ok' : 'error'
  if (typeof status === 'number' && status >= 100 && status < 600) {
    return status < FIRST_ERROR_STATUS ? 'ok' : 'error'
  }
  return outcomeWord(status) ?? (error ? 'error' : undefined)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function idOf(value: unknown): string | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function cut(text: string): string {
  return text.length <= MAX_LENGTH ? text : text.slice(0, MAX_LENGTH).toWellFormed()
}

function cutOptional(text: string | undefined): string | undefined {
  return text === undefined ? undefined : cut(text)
}

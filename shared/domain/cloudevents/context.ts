import type { Draft } from '../dialects/draft.ts'
import {
  type Check,
  checkedText,
  type Fields,
  MAX,
  optionalText,
  optionalTraceparent,
  requiredText,
  textProblem,
  wrong,
} from '../dialects/fields.ts'
import { optionalTime } from '../dialects/instant.ts'
import { durationText, isOutcome, isPhase, type Known } from '../events/description.ts'
import { keptName } from './stamps.ts'
import type { ValueType } from './value-types.ts'

/** An event's context: everything but its payload. */
export type Context = Omit<Draft, 'data' | 'body'> & {
  /** Which extensions were no strings. */
  types: (readonly [string, ValueType])[]
}

/** What is read by name; `data` and `data_base64` exist in the JSON format alone. */
const CORE = new Set([
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'subject',
  'datacontenttype',
  'dataschema',
  'data',
  'data_base64',
])
const MAX_EXTENSIONS = 64
const MAX_INTEGER = 2 ** 31

/** RFC 3986: no space, quote, bracket, backslash, caret, backtick or bar outside an escape. */
const URI_REFERENCE = /^[^\s"<>\\^`{|}]+$/
const ABSOLUTE_URI = /^[a-z][a-z0-9+.-]*:/i
/** RFC 2045, section 5.1: type, subtype, parameters. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+\s*(;.*)?$/

/**
 * Reads the context attributes of a CloudEvents 1.0 event (https://github.com/cloudevents/spec,
 * "Context Attributes" and "Type System"), noting everything that is wrong.
 */
export function contextOf(fields: Fields, check: Check): Context {
  if (fields.specversion !== '1.0') wrong(check, 'specversion', 'must be "1.0"')
  const source = requiredText(fields, 'source', MAX.source, check)
  if (source && !URI_REFERENCE.test(source)) wrong(check, 'source', 'must be a URI-reference')
  const id = requiredText(fields, 'id', MAX.id, check)
  const type = requiredText(fields, 'type', MAX.type, check)
  const time = optionalTime(fields, 'time', check)
  const attributes: Draft['attributes'] = {
    datacontenttype: optionalText(fields, 'datacontenttype', MAX.name, check),
    subject: optionalText(fields, 'subject', MAX.subject, check),
    dataschema: optionalText(fields, 'dataschema', MAX.subject, check),
  }
  const { datacontenttype, dataschema } = attributes
  if (datacontenttype !== undefined && !MEDIA_TYPE.test(datacontenttype)) {
    wrong(check, 'datacontenttype', 'must be a media type')
  }
  if (
    dataschema !== undefined &&
    !(ABSOLUTE_URI.test(dataschema) && URI_REFERENCE.test(dataschema))
  )
    wrong(check, 'dataschema', 'must be an absolute URI')
  const types: Context['types'] = []
  readExtensions(fields, attributes, types, check)
  optionalTraceparent(fields, check)
  return { id, source, type, time, attributes, known: knownOf(fields), types }
}

function readExtensions(
  fields: Fields,
  attributes: Draft['attributes'],
  types: Context['types'],
  check: Check,
): void {
  let count = 0
  for (const name in fields) {
    const value = fields[name]
    if (CORE.has(name) || value === null || value === undefined) continue
    count += 1
    if (!/^[a-z0-9]{1,64}$/.test(name)) {
      wrong(check, name, 'is no attribute name: lower-case letters and digits')
      continue
    }
    const kept = keptName(name)
    if (typeof value === 'boolean') {
      attributes[kept] = String(value)
      types.push([kept, 'b'])
    } else if (typeof value === 'number') {
      if (!isInteger(value)) wrong(check, name, 'must be a 32-bit integer, a boolean or a string')
      attributes[kept] = String(value)
      types.push([kept, 'i'])
    } else attributes[kept] = extensionText(value, name, check)
  }
  if (count > MAX_EXTENSIONS) {
    check.problems.push({ pointer: check.at, detail: `has over ${MAX_EXTENSIONS} extensions` })
  }
}

/** Attributes that the bridge reads itself and that are keys of its tables. */
const NAMES = new Set([
  'sessionid',
  'parentsessionid',
  'correlationid',
  'causationid',
  'partitionkey',
])

/** An extension may be empty; a name of the bridge's own may not, nor be long. */
function extensionText(value: unknown, name: string, check: Check): string | undefined {
  if (value === '' && !NAMES.has(name)) return ''
  return checkedText(value, name, NAMES.has(name) ? MAX.name : MAX.extension, check)
}

function isInteger(value: number): boolean {
  return Number.isInteger(value) && value >= -MAX_INTEGER && value < MAX_INTEGER
}

/** What a sender says in the bridge's own terms holds, where it makes sense. */
function knownOf({ operation, phase, outcome, callid, durationms }: Fields): Known {
  return {
    operation: nameOf(operation),
    phase: isPhase(phase) ? phase : undefined,
    outcome: isOutcome(outcome) ? outcome : undefined,
    callid: nameOf(callid),
    durationms: durationText(typeof durationms === 'string' ? Number(durationms) : durationms),
  }
}

function nameOf(value: unknown): string | undefined {
  return textProblem(value, MAX.name) === undefined ? (value as string) : undefined
}

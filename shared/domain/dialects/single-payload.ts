import type { Draft, Item, Reading, Refused } from './draft.ts'
import { type Check, type Fields, isObject, textProblem } from './fields.ts'
import type { JsonBody } from './json-body.ts'

/** What a payload says of the one event it is. */
export type Told = Readonly<{
  id: string | undefined
  type: string
  time?: string | undefined
  subject?: string | undefined
  operation?: string | undefined
}>

type Tell = (payload: Fields, check: Check) => Told

/** Reads a body that is one event of that source: the payload whole is its data. */
export function readSingle(body: JsonBody | Refused, source: string, tell: Tell): Reading {
  if (body.type === 'refused') return body
  return { type: 'events', items: [singleEvent(body, source, tell)], form: 'single' }
}

function singleEvent({ value, text }: JsonBody, source: string, tell: Tell): Item {
  if (!isObject(value)) return { problems: [{ pointer: '', detail: 'must be an object' }] }
  const check: Check = { at: '', problems: [] }
  const told = tell(value, check)
  return check.problems.length > 0
    ? { problems: check.problems }
    : wholePayload(value, text, source, told)
}

/** An event whose data is the whole payload, as it came. */
export function wholePayload(data: unknown, body: string, source: string, told: Told): Draft {
  const { id, type, time, subject, operation } = told
  return {
    id,
    source,
    type,
    time,
    attributes: { datacontenttype: 'application/json', subject },
    known: { operation },
    data,
    body,
  }
}

/** A text of the payload, if it is there and short enough for its place. */
export function textAt(payload: unknown, max: number, ...path: readonly string[]) {
  let value = payload
  for (const name of path)
    value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return typeof value === 'string' && value !== '' && value.length <= max ? value : undefined
}

/** A header that has to be there; '' once it is noted as wrong. */
export function requiredHeader(
  value: string | undefined,
  name: string,
  max: number,
  { problems }: Check,
): string {
  const detail = value === undefined ? 'is required' : textProblem(value, max)
  if (value !== undefined && detail === undefined) return value
  problems.push({ pointer: '', detail: `the header ${name} ${detail}` })
  return ''
}

import type { Item } from '../dialects/draft.ts'
import { type Check, type Fields, isObject, wrong } from '../dialects/fields.ts'
import { isJsonType, isTextType } from '../events/record.ts'
import { type Context, contextOf } from './context.ts'
import { writeTypes } from './value-types.ts'

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * Reads an event in the JSON format (CloudEvents 1.0 JSON Event Format): its members are the
 * attributes, the payload is `data` as a JSON value or `data_base64`. `at` points to the event.
 */
export function structuredEvent(value: unknown, at: string): Item {
  if (!isObject(value)) return { problems: [{ pointer: at, detail: 'must be an object' }] }
  const check: Check = { at, problems: [] }
  const { types, ...context } = contextOf(value, check)
  const payload = payloadOf(value, context.attributes.datacontenttype, types, check)
  if (check.problems.length > 0) return { problems: check.problems }
  context.attributes.xtypes = writeTypes(types)
  return { ...context, ...payload }
}

type Payload = { data: unknown; body: string | Uint8Array | null | undefined }

const NOTHING: Payload = { data: undefined, body: null }

function payloadOf(
  fields: Fields,
  mediaType: string | undefined,
  types: Context['types'],
  check: Check,
): Payload {
  const { data, data_base64: encoded } = fields
  if (encoded !== undefined && encoded !== null) {
    if (data !== undefined && data !== null) wrong(check, 'data', 'excludes data_base64')
    return bytesOf(encoded, mediaType, types, check)
  }
  if (data === undefined) return NOTHING
  if (isJsonType(mediaType)) return { data, body: undefined }
  if (data === null) return NOTHING
  if (typeof data !== 'string') {
    wrong(check, 'data', `must be a string: the payload is ${mediaType}`)
    return NOTHING
  }
  if (!isTextType(mediaType)) types.push(['data', 't'])
  return { data: undefined, body: data }
}

function bytesOf(
  encoded: unknown,
  mediaType: string | undefined,
  types: Context['types'],
  check: Check,
): Payload {
  if (typeof encoded !== 'string' || encoded.length % 4 !== 0 || !BASE64.test(encoded)) {
    wrong(check, 'data_base64', 'must be base64')
    return NOTHING
  }
  if (isTextType(mediaType)) types.push(['data', 'b'])
  return { data: undefined, body: Buffer.from(encoded, 'base64') }
}

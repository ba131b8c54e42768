import { type Item, type Reading, type Refused, refused } from '../dialects/draft.ts'
import { type Check, wrong } from '../dialects/fields.ts'
import { charsetOf, isUtf8, readBody } from '../dialects/json-body.ts'
import { isJsonType, isTextType } from '../events/record.ts'
import { headerOf, type RequestHeaders } from '../http/headers.ts'
import { contextOf } from './context.ts'
import { decodeHeaderValue } from './header-value.ts'
import { writeTypes } from './value-types.ts'

const PREFIX = 'ce-'
/** Of the message itself or of the JSON format: no attribute's header. */
const NO_HEADER = new Set(['datacontenttype', 'data', 'data_base64'])

/** Whether a request carries an event in binary mode: any `ce-` header says so. */
export function isBinaryMode(headers: RequestHeaders): boolean {
  for (const name in headers) {
    if (isAttribute(name)) return true
  }
  return false
}

/**
 * Reads an event in binary mode (CloudEvents 1.0 HTTP Protocol Binding, 3.1): attributes are `ce-`
 * headers, the body is the payload and `Content-Type` its media type. Values are all strings here.
 */
export function readBinary(headers: RequestHeaders, body: Uint8Array): Reading {
  const mediaType = headerOf(headers, 'content-type')
  const payload = payloadOf(mediaType, body)
  if ('type' in payload) return payload
  const item = binaryEvent(headers, mediaType, payload)
  return { type: 'events', items: [item], form: 'single' }
}

type Payload = Readonly<{ data: unknown; body: string | Uint8Array | null; isBytes?: true }>

function binaryEvent(
  headers: RequestHeaders,
  mediaType: string | undefined,
  payload: Payload,
): Item {
  const check: Check = { at: '', problems: [] }
  const fields: Record<string, unknown> = { datacontenttype: mediaType }
  for (const header in headers) {
    if (!isAttribute(header)) continue
    const name = header.slice(PREFIX.length).toLowerCase()
    const value = decodeHeaderValue(headers[header] ?? '')
    if (NO_HEADER.has(name)) wrong(check, name, 'is no attribute of binary mode')
    else if (value === undefined) wrong(check, name, 'is not percent-encoded UTF-8')
    else fields[name] = value
  }
  const { types, ...context } = contextOf(fields, check)
  if (check.problems.length > 0) return { problems: check.problems }
  if (payload.isBytes) types.push(['data', 'b'])
  context.attributes.xtypes = writeTypes(types)
  return { ...context, data: payload.data, body: payload.body }
}

function isAttribute(header: string): boolean {
  return header.length > PREFIX.length && header.slice(0, PREFIX.length).toLowerCase() === PREFIX
}

function payloadOf(mediaType: string | undefined, bytes: Uint8Array): Payload | Refused {
  if (bytes.length === 0) return { data: undefined, body: null }
  if (isJsonType(mediaType)) return jsonPayload(mediaType, bytes)
  if (!isTextType(mediaType)) return { data: undefined, body: bytes }
  const charset = charsetOf(mediaType ?? '')
  if (charset !== undefined && !isUtf8(charset)) {
    return refused('UnsupportedMedia', 'Text is sent as UTF-8, not in another charset.')
  }
  const text = textOf(bytes)
  if (text === undefined) return refused('Malformed', 'The body is not UTF-8, or it holds a NUL.')
  return { data: undefined, body: text }
}

/** Without a media type only the body itself can tell whether it is JSON. */
function jsonPayload(mediaType: string | undefined, bytes: Uint8Array): Payload | Refused {
  const reading = readBody(mediaType ?? 'application/json', bytes)
  if (reading.type === 'json') return { data: reading.value, body: reading.text }
  return mediaType === undefined ? { data: undefined, body: bytes, isBytes: true } : reading
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Uint8Array): string | undefined {
  try {
    const text = decoder.decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}

import { isJsonType } from '../events/record.ts'
import { headerOf } from '../http/headers.ts'
import { readJson } from '../json/strict.ts'
import type { Delivery } from './dialect.ts'
import { MAX_BATCH, type Refused, refused } from './draft.ts'

/** A body's JSON, and the text it was read from. */
export type JsonBody = Readonly<{ type: 'json'; value: unknown; text: string }>

/** The JSON of a body whose media type says that it is JSON. */
export function jsonBody({ headers, body }: Delivery): JsonBody | Refused {
  const mediaType = headerOf(headers, 'content-type')
  if (mediaType === undefined || !isJsonType(mediaType)) {
    return refused('UnsupportedMedia', 'This source sends JSON: Content-Type: application/json.')
  }
  return readBody(mediaType, body)
}

/** Reads a body of the given media type strictly; its charset has to be UTF-8 (RFC 8259, 8.1). */
export function readBody(mediaType: string, body: Uint8Array): JsonBody | Refused {
  const charset = charsetOf(mediaType)
  if (charset !== undefined && !isUtf8(charset)) {
    return refused('UnsupportedMedia', 'JSON is sent as UTF-8, not in another charset.')
  }
  if (body.length === 0) return refused('Malformed', 'The body is empty.')
  const reading = readJson(body)
  if (reading.ok) return { type: 'json', value: reading.value, text: reading.text }
  const { pointer, detail } = reading
  return refused('Malformed', detail, [{ pointer, detail }])
}

/** The `charset` of a media type in lower case, if it names one. */
export function charsetOf(mediaType: string): string | undefined {
  if (!mediaType.includes(';')) return undefined
  return /;\s*charset\s*=\s*"?([^\s";]*)/i.exec(mediaType)?.[1]?.toLowerCase()
}

/** US-ASCII is a part of UTF-8. */
export function isUtf8(charset: string): boolean {
  return charset === 'utf-8' || charset === 'utf8' || charset === 'us-ascii'
}

/** Refuses an array with more events than one request may bring. */
export function tooMany(items: readonly unknown[]): Refused | undefined {
  if (items.length <= MAX_BATCH) return undefined
  return refused('TooLarge', `A request takes ${MAX_BATCH} events, this one has ${items.length}.`)
}

import { STAMPS } from '../cloudevents/stamps.ts'
import { isJsonType } from '../events/record.ts'
import type { Recordable } from './recordable.ts'
import { searchedText, wordsOf } from './words.ts'

/** Attributes that have columns of their own. */
const WITH_COLUMN: ReadonlySet<string> = new Set([
  ...STAMPS,
  'subject',
  'datacontenttype',
  'dataschema',
  'sessionid',
  'correlationid',
  'causationid',
  'traceparent',
])
/** It tells readers the types of what is kept here; see `value-types.ts`. */
const TYPES = 'xtypes'

/**
 * The attributes without a column as a JSON object of texts, as the log has them, so that reading
 * restores names and types in one place; null when there are none.
 */
export function keptAttributes({ event }: Recordable): string | null {
  let kept: Record<string, string> | undefined
  for (const name in event.attributes) {
    const value = event.attributes[name]
    if (value === undefined || (WITH_COLUMN.has(name) && name !== TYPES)) continue
    kept ??= {}
    kept[name] = value
  }
  return kept === undefined ? null : JSON.stringify(kept)
}

/** The payload where a text column can hold it: PostgreSQL's texts have no NUL. */
export function textBody({ event: { body } }: Recordable): string | null {
  return typeof body === 'string' && !body.includes('\0') ? body : null
}

/** The payload where a text column can't hold it, hexadecimal as PostgreSQL reads bytes. */
export function bytesBody({ event: { body } }: Recordable): string | null {
  if (body === null || (typeof body === 'string' && !body.includes('\0'))) return null
  return `\\x${Buffer.from(body as string | Uint8Array<ArrayBuffer>).toString('hex')}`
}

/** The words that searching finds an event by. */
export function searchWords(recordable: Recordable): readonly string[] {
  const { operation, source, session, event } = recordable
  const { subject = null, datacontenttype } = event.attributes
  const names = [operation, event.type, subject, source, session]
  const body = typeof event.body === 'string' ? event.body : null
  if (body === null || isJsonType(datacontenttype)) return wordsOf(searchedText(names, body))
  return wordsOf(searchedText([...names, body], null))
}

import { type ExtensionValue, extensionsOf as typedExtensions } from '../cloudevents/json-format.ts'
import { isJsonType } from '../events/record.ts'
import type { Recordable } from './recordable.ts'
import { searchedText, wordsOf } from './words.ts'

/** Extensions that have columns of their own. */
const WITH_COLUMN: ReadonlySet<string> = new Set([
  'sessionid',
  'correlationid',
  'causationid',
  'traceparent',
])

/** The extensions without a column as a JSON object, with their types; null when there are none. */
export function extensionsOf({ event }: Recordable): string | null {
  let kept: Record<string, ExtensionValue> | undefined
  const extensions = typedExtensions(event)
  for (const name in extensions) {
    const value = extensions[name]
    if (value === undefined || WITH_COLUMN.has(name)) continue
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

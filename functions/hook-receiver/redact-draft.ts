import { hash } from 'node:crypto'
import type { Draft } from '#shared/domain/dialects/draft.ts'
import type { BridgeEvent } from '#shared/domain/events/event.ts'
import { isJsonType, isTextType } from '#shared/domain/events/record.ts'
import { readJson } from '#shared/domain/json/strict.ts'
import type { Redactor } from '#shared/domain/redaction/redactor.ts'

/** A payload without its secrets: its JSON value, what is written of it, and how many were removed. */
export type CleanPayload = Readonly<{ data: unknown; body: BridgeEvent['body']; removed: number }>

/** Takes the secrets out of a payload. What held none is written as it came, byte for byte. */
export function cleanPayload({ data, body, attributes }: Draft, redact: Redactor): CleanPayload {
  if (data !== undefined) {
    const { value, removed } = redact.value(data)
    const isAsSent = removed === 0 && typeof body === 'string'
    return { data: value, body: isAsSent ? body : JSON.stringify(value), removed }
  }
  const { datacontenttype } = attributes
  if (typeof body === 'string') return cleanText(body, redact)
  if (!body || !isTextType(datacontenttype)) return { data, body: body ?? null, removed: 0 }
  return cleanBytes(body, isJsonType(datacontenttype), redact)
}

function cleanText(text: string, redact: Redactor): CleanPayload {
  const { text: body, removed } = redact.text(text)
  return { data: undefined, body, removed }
}

/** Bytes stay bytes, but what is text in them is looked through. */
function cleanBytes(bytes: Uint8Array, isJson: boolean, redact: Redactor): CleanPayload {
  const reading = isJson ? readJson(bytes) : undefined
  const clean = reading?.ok
    ? cleanPayload({ data: reading.value, body: reading.text, attributes: {} } as Draft, redact)
    : cleanText(Buffer.from(bytes).toString('utf8'), redact)
  const body = clean.removed === 0 ? bytes : Buffer.from(clean.body as string)
  return { data: undefined, body, removed: clean.removed }
}

/** Attributes that join events with each other: two that differ have to stay different. */
const IDENTIFIERS = [
  'sessionid',
  'parentsessionid',
  'correlationid',
  'causationid',
  'partitionkey',
] as const

/** What intake or a check has written: nothing of the sender's own. */
const CLEAN: ReadonlySet<string> = new Set([
  ...IDENTIFIERS,
  'datacontenttype',
  'xtypes',
  'traceparent',
])

/** Takes the secrets out of a draft's attributes where they stand, and answers how many. */
export function cleanAttributes(attributes: Draft['attributes'], redact: Redactor): number {
  let removed = 0
  for (const name in attributes) {
    const value = attributes[name]
    if (value === undefined || CLEAN.has(name)) continue
    const clean = redact.text(value)
    attributes[name] = clean.text
    removed += clean.removed
  }
  for (const name of IDENTIFIERS) {
    const value = attributes[name]
    if (value !== undefined) attributes[name] = cleanIdentifier(value, redact)
  }
  return removed
}

const DIGEST_DIGITS = 32

/** An identifier as it is; one that looks like a secret is replaced by its digest, always the same. */
export function cleanIdentifier(identifier: string, redact: Redactor): string {
  if (redact.text(identifier).removed === 0) return identifier
  return `sha256:${hash('sha256', identifier, 'hex').slice(0, DIGEST_DIGITS)}`
}

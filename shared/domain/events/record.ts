import { payloadIsText } from '../cloudevents/value-types.ts'
import type { BridgeEvent, EventAttributes } from './event.ts'

/**
 * CloudEvents Kafka protocol binding, binary content mode
 * (https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/kafka-protocol-binding.md):
 * attributes are `ce_*` headers, the payload is the value, its media type is `content-type`.
 */
const PREFIX = 'ce_'
const CONTENT_TYPE = 'content-type'

type HeaderValue = string | Uint8Array

/** The part of a log record that an event becomes. */
type EventRecord = Readonly<{
  key: string
  value: Uint8Array | null
  headers: Readonly<Record<string, string>>
}>

/**
 * One session's events stay together and in order: the key is the sender's partition key, else the
 * session, else the correlation, else the source.
 */
export function recordKey(event: BridgeEvent): string {
  const { partitionkey, sessionid, correlationid } = event.attributes
  return partitionkey ?? sessionid ?? correlationid ?? event.source
}

/** Writes an event as the log carries it. */
export function toRecord(event: BridgeEvent): EventRecord {
  const headers: Record<string, string> = {
    ce_specversion: '1.0',
    ce_id: event.id,
    ce_source: event.source,
    ce_type: event.type,
    ce_time: event.time,
  }
  for (const [name, value] of Object.entries(event.attributes)) {
    if (value === undefined) continue
    headers[name === 'datacontenttype' ? CONTENT_TYPE : PREFIX + name] = value
  }
  return { key: recordKey(event), value: toBytes(event.body), headers }
}

/**
 * Reads an event back from a record's headers and value. Undefined when it is none: then the record
 * belongs with the dead letters.
 */
export function fromRecord(record: {
  headers: Readonly<Record<string, HeaderValue>>
  value: Uint8Array | null
}): BridgeEvent | undefined {
  const required: { id?: string; source?: string; type?: string; time?: string } = {}
  const attributes: Record<string, string> = {}
  for (const [name, value] of Object.entries(record.headers)) {
    if (typeof value !== 'string') return undefined
    if (name === CONTENT_TYPE) attributes.datacontenttype = value
    else if (name === 'ce_specversion') {
      if (value !== '1.0') return undefined
    } else if (name.startsWith(PREFIX)) {
      const attribute = name.slice(PREFIX.length)
      if (isRequired(attribute)) required[attribute] = value
      else attributes[attribute] = value
    }
  }
  const { id, source, type, time } = required
  if (!id || !source || !type || !time) return undefined
  return {
    id,
    source,
    type,
    time,
    attributes: attributes as EventAttributes,
    body: fromBytes(
      record.value,
      payloadIsText(attributes.xtypes) ?? isTextType(attributes.datacontenttype),
    ),
  }
}

function isRequired(name: string): name is 'id' | 'source' | 'type' | 'time' {
  return name === 'id' || name === 'source' || name === 'type' || name === 'time'
}

const TEXT_TYPE = /^(text\/|application\/([a-z0-9.+-]*\+)?(json|xml)\b)/i

/** Whether a media type holds text; a payload without one is JSON. */
export function isTextType(mediaType: string | undefined): boolean {
  return mediaType === undefined || TEXT_TYPE.test(mediaType)
}

/** Whether a media type holds JSON (RFC 6839's `+json` included); a payload without one is JSON. */
export function isJsonType(mediaType: string | undefined): boolean {
  return mediaType === undefined || /^[a-z]+\/([a-z0-9.+-]*\+)?json\s*(;|$)/i.test(mediaType)
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function toBytes(body: BridgeEvent['body']): Uint8Array | null {
  return typeof body === 'string' ? encoder.encode(body) : body
}

function fromBytes(value: Uint8Array | null, isText: boolean): BridgeEvent['body'] {
  if (value === null || !isText) return value
  try {
    return decoder.decode(value)
  } catch {
    // Claims to be text and is not UTF-8: the bytes are kept as they are.
    return value
  }
}

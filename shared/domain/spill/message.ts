import { createHash } from 'node:crypto'
import { setHeader } from '../events/set-header.ts'
import { headerValue } from '../events/trigger.ts'

type Bytes = Readonly<{ base64: string }>
type Headers = Readonly<Record<string, string | Uint8Array>>

/** A record as it is spilled; the same shape as the event log port's. */
type SpilledRecord = Readonly<{
  topic: string
  key: string | null
  value: Uint8Array | null
  headers: Headers
}>

/** Records of one key in one topic, in order: what a spill keeps and brings as one message. */
export type SpillMessage = Readonly<{
  /** Messages of one group come out in the order in which they went in. */
  group: string
  /** The same for the same records, and for no others. */
  digest: string
  text: string
}>

/** Topic, key, value, then names and values of the headers in turn. */
type Written = readonly [string, string | null, string | Bytes | null, ...(string | Bytes)[]]

/** Gathers records by topic and key, each group in the order in which its records came. */
export function toSpillMessages(records: readonly SpilledRecord[]): readonly SpillMessage[] {
  const byKey = Map.groupBy(records, groupOf)
  return [...byKey].map(([group, list]) => {
    const text = JSON.stringify(list.map(written))
    const digest = digestOf(text)
    // Without a key there is no order to keep: each group of them may go its own way.
    return { group: group ?? digest, digest, text }
  })
}

/** What records have in common that have to keep their order; undefined where nothing has. */
export function groupOf({ topic, key }: Pick<SpilledRecord, 'topic' | 'key'>): string | undefined {
  return key === null ? undefined : digestOf(JSON.stringify([topic, key]))
}

/** Reads a message's text back; undefined when it is none. */
export function fromSpillMessage(text: string): readonly SpilledRecord[] | undefined {
  try {
    const list = JSON.parse(text) as unknown
    return Array.isArray(list) && list.length > 0 && list.every(isWritten)
      ? list.map(read)
      : undefined
  } catch {
    return undefined
  }
}

function written({ topic, key, value, headers }: SpilledRecord): Written {
  const flat = Object.entries(headers).flatMap(([name, header]) => [name, field(header)])
  return [topic, key, value && field(headerValue(value)), ...flat]
}

const field = (value: string | Uint8Array): string | Bytes =>
  typeof value === 'string' ? value : { base64: Buffer.from(value).toString('base64') }

function isWritten(value: unknown): value is Written {
  if (!Array.isArray(value) || value.length < 3 || value.length % 2 === 0) return false
  const [topic, key, ...fields] = value
  return typeof topic === 'string' && (key === null || typeof key === 'string') && isAll(fields)
}

function isAll([value, ...headers]: readonly unknown[]): boolean {
  return (value === null || isField(value)) && headers.every(isField)
}

const isField = (value: unknown): value is string | Bytes =>
  typeof value === 'string' || typeof (value as Bytes | null)?.base64 === 'string'

function read([topic, key, value, ...flat]: Written): SpilledRecord {
  const headers: Record<string, string | Uint8Array> = {}
  for (let at = 0; at < flat.length; at += 2) {
    setHeader(headers, String(flat[at]), unfield(flat[at + 1] ?? ''))
  }
  const bytes = value === null ? null : unfield(value)
  return { topic, key, value: typeof bytes === 'string' ? Buffer.from(bytes) : bytes, headers }
}

const unfield = (value: string | Bytes): string | Uint8Array =>
  typeof value === 'string' ? value : Buffer.from(value.base64, 'base64')

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}

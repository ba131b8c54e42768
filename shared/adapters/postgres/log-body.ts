import { headerValue } from '../../domain/events/trigger.ts'
import type { Headers, LogRecord, NewRecord } from '../../ports/event-log.ts'

/**
 * A row's body: the length of the index (32 bits, big endian), the index as JSON, then the values
 * end to end. The index lists key, headers and length of the value (-1 for null) of each record.
 * One JSON text for many records is what makes writing and reading cheap.
 */
type Index = (string | null | number | StoredHeaders)[]

/** A header that is no text is kept as an object. */
type StoredHeaders = Record<string, string | { base64: string }>

const LENGTH_BYTES = 4
const PER_RECORD = 3

/** Writes the body of a row. */
export function toBody(records: readonly NewRecord[]): Buffer {
  const index: Index = []
  let valueBytes = 0
  for (const { key, value, headers } of records) {
    index.push(key, storedHeaders(headers), value === null ? -1 : value.byteLength)
    valueBytes += value?.byteLength ?? 0
  }
  const text = JSON.stringify(index)
  const textBytes = Buffer.byteLength(text)
  const body = Buffer.allocUnsafe(LENGTH_BYTES + textBytes + valueBytes)
  body.writeUInt32BE(textBytes, 0)
  body.write(text, LENGTH_BYTES)
  let at = LENGTH_BYTES + textBytes
  for (const { value } of records) {
    if (value === null) continue
    body.set(value, at)
    at += value.byteLength
  }
  return body
}

/** What all records of one row share. */
type Row = Pick<LogRecord, 'topic' | 'partition' | 'timestamp'> & { baseOffset: number }

/** Reads a row's records back; their values are views of the body. */
export function fromBody(body: Buffer, row: Row): LogRecord[] {
  const { topic, partition, timestamp, baseOffset } = row
  let at = LENGTH_BYTES + body.readUInt32BE(0)
  const index = JSON.parse(body.toString('utf8', LENGTH_BYTES, at)) as Index
  const records: LogRecord[] = []
  for (let entry = 0; entry < index.length; entry += PER_RECORD) {
    const valueBytes = index[entry + 2] as number
    records.push({
      topic,
      partition,
      offset: baseOffset + entry / PER_RECORD,
      timestamp,
      key: index[entry] as string | null,
      value: valueBytes < 0 ? null : body.subarray(at, at + valueBytes),
      headers: readHeaders(index[entry + 1] as StoredHeaders),
    })
    if (valueBytes > 0) at += valueBytes
  }
  return records
}

function storedHeaders(headers: Headers): StoredHeaders {
  for (const name in headers) {
    if (typeof headers[name] !== 'string') return withBytes(headers)
  }
  return headers as Record<string, string>
}

function withBytes(headers: Headers): StoredHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const text = typeof value === 'string' ? value : headerValue(value)
      return [
        name,
        typeof text === 'string' ? text : { base64: Buffer.from(text).toString('base64') },
      ]
    }),
  )
}

function readHeaders(stored: StoredHeaders): Headers {
  let read: Record<string, string | Uint8Array> | undefined
  for (const name in stored) {
    const value = stored[name]
    if (typeof value !== 'object') continue
    read ??= { ...stored } as Record<string, string>
    read[name] = Buffer.from(value.base64, 'base64')
  }
  return read ?? (stored as Record<string, string>)
}

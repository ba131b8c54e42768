import type { IHeaders } from 'kafkajs'
import { setHeader } from '../../domain/events/set-header.ts'
import { headerValue } from '../../domain/events/trigger.ts'
import type { Headers, LogRecord } from '../../ports/event-log.ts'

type ReadHeaders = Readonly<Record<string, Buffer | string | readonly (Buffer | string)[] | null>>

type ReadMessage = Readonly<{
  offset: string
  timestamp: string
  key: Buffer | null
  value: Buffer | null
  headers?: ReadHeaders | IHeaders | undefined
}>

/** A record as kafkajs read it, in memory of its own: a message is a window on the whole answer. */
export function toLogRecord(topic: string, partition: number, message: ReadMessage): LogRecord {
  return {
    topic,
    partition,
    offset: Number(message.offset),
    timestamp: Number(message.timestamp),
    key: message.key === null ? null : message.key.toString(),
    value: message.value && Buffer.from(message.value),
    headers: readHeaders(message.headers ?? {}),
  }
}

/** Of a name that stands there twice, the last one counts. */
function readHeaders(headers: ReadHeaders | IHeaders): Headers {
  const read: Record<string, string | Uint8Array> = {}
  for (const [name, given] of Object.entries(headers)) {
    const value = Array.isArray(given) ? given.at(-1) : given
    const decoded =
      typeof value === 'string' ? value : headerValue((value as Buffer | null) ?? EMPTY)
    setHeader(read, name, typeof decoded === 'string' ? decoded : Buffer.from(decoded))
  }
  return read
}

const EMPTY = Buffer.alloc(0)

/** Headers as kafkajs writes them. */
export function writtenHeaders(headers: Headers): IHeaders {
  const written: Record<string, Buffer | string> = {}
  for (const name in headers) {
    const value = headers[name] as string | Uint8Array
    setHeader(written, name, typeof value === 'string' ? value : asBuffer(value))
  }
  return written
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

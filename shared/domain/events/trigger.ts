import { setHeader } from './set-header.ts'

/**
 * The event with which Lambda's Kafka event source mapping calls a function, and the answer it takes
 * (Lambda developer guide, "Using Lambda with Apache Kafka"; partial batch response of 2025).
 */
export type KafkaTriggerEvent = Readonly<{
  eventSource: 'aws:kafka' | 'SelfManagedKafka'
  eventSourceArn?: string
  bootstrapServers: string
  /** Records by `<topic>-<partition>`. */
  records: Readonly<Record<string, readonly KafkaTriggerRecord[]>>
}>

export type KafkaTriggerRecord = Readonly<{
  topic: string
  partition: number
  offset: number
  timestamp: number
  timestampType: 'CREATE_TIME' | 'LOG_APPEND_TIME'
  /** base64 */
  key?: string
  /** base64; missing or null is a tombstone. */
  value?: string | null
  /** One object per header: name to byte values, which may be signed. */
  headers: readonly Readonly<Record<string, readonly number[]>>[]
}>

/** Lambda reads each listed partition again from that offset; an empty list is full success. */
export type KafkaTriggerResponse = Readonly<{
  batchItemFailures: readonly Readonly<{
    itemIdentifier: Readonly<{ partition: string; offset: number }>
  }>[]
}>

/** A record as a function sees it; the same shape as the event log port's. */
export type TriggeredRecord = Readonly<{
  topic: string
  partition: number
  offset: number
  timestamp: number
  key: string | null
  value: Uint8Array | null
  headers: Readonly<Record<string, string | Uint8Array>>
}>

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text where the bytes are UTF-8, else the bytes. */
export function headerValue(bytes: Uint8Array): string | Uint8Array {
  try {
    return decoder.decode(bytes)
  } catch {
    return bytes
  }
}

/** Longest text that is built from its codes in one call. */
const MAX_CODES = 1_024
const FIRST_BEYOND_ASCII = 0x80

/** Nearly every header is short ASCII: that way costs a third of a decoder's. */
function textOrBytes(bytes: readonly number[]): string | Uint8Array {
  if (bytes.length > MAX_CODES || bytes.some((byte) => byte < 0 || byte >= FIRST_BEYOND_ASCII)) {
    return headerValue(Buffer.from(bytes as number[]))
  }
  return String.fromCharCode.apply(null, bytes as number[])
}

/** The UTF-8 bytes of a text as numbers. */
function numbersOf(text: string): readonly number[] {
  const numbers = new Array<number>(text.length)
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code >= FIRST_BEYOND_ASCII) return [...Buffer.from(text)]
    numbers[at] = code
  }
  return numbers
}

/** The records of an invocation, those of each partition in offset order. */
export function triggeredRecords(event: KafkaTriggerEvent): readonly TriggeredRecord[] {
  return Object.values(event.records).flatMap((records) => records.map(triggeredRecord))
}

function triggeredRecord(record: KafkaTriggerRecord): TriggeredRecord {
  const headers: Record<string, string | Uint8Array> = {}
  for (const header of record.headers) {
    for (const name in header) setHeader(headers, name, textOrBytes(header[name] ?? []))
  }
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    key: record.key === undefined ? null : Buffer.from(record.key, 'base64').toString(),
    value: record.value == null ? null : Buffer.from(record.value, 'base64'),
    headers,
  }
}

/** Writes records as the event source mapping hands them over. */
export function toTriggerEvent(
  records: readonly TriggeredRecord[],
  source: Pick<KafkaTriggerEvent, 'eventSource' | 'eventSourceArn' | 'bootstrapServers'>,
): KafkaTriggerEvent {
  const byPartition: Record<string, KafkaTriggerRecord[]> = {}
  for (const record of records) {
    const name = `${record.topic}-${record.partition}`
    byPartition[name] ??= []
    byPartition[name].push(toTriggerRecord(record))
  }
  return { ...source, records: byPartition }
}

function toTriggerRecord(record: TriggeredRecord): KafkaTriggerRecord {
  return {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    timestampType: 'CREATE_TIME',
    ...(record.key === null ? {} : { key: Buffer.from(record.key).toString('base64') }),
    ...(record.value === null
      ? {}
      : { value: Buffer.from(record.value as Uint8Array<ArrayBuffer>).toString('base64') }),
    headers: Object.entries(record.headers).map(([name, value]) => ({
      [name]: typeof value === 'string' ? numbersOf(value) : [...value],
    })),
  }
}

/** Where each partition with a failed record has to be read again: its first failed offset. */
export function partialFailure(
  failed: readonly Pick<TriggeredRecord, 'topic' | 'partition' | 'offset'>[],
): KafkaTriggerResponse {
  const first = new Map<string, number>()
  for (const { topic, partition, offset } of failed) {
    const name = `${topic}-${partition}`
    first.set(name, Math.min(offset, first.get(name) ?? offset))
  }
  return {
    batchItemFailures: [...first].map(([partition, offset]) => ({
      itemIdentifier: { partition, offset },
    })),
  }
}

import { setHeader } from '#shared/domain/events/set-header.ts'
import type { KafkaTriggerEvent, TriggeredRecord } from '#shared/domain/events/trigger.ts'

/** What a function is told of where its records come from. */
export type EventSource = Omit<KafkaTriggerEvent, 'records'>

/** Records on their way to another thread: one transferable block of bytes, the rest in columns. */
export type PackedRecords = Readonly<{
  source: EventSource
  topic: string
  partitions: readonly number[]
  offsets: readonly number[]
  timestamps: readonly number[]
  keys: readonly (string | null)[]
  headers: PackedHeaders
  /** Bytes of each value; -1 for none. */
  sizes: readonly number[]
  values: Uint8Array<ArrayBuffer>
}>

/**
 * Names and values in turn, per record. As a rule one text for all records, which crosses to another
 * thread in one copy: fields end with a NUL, records with another. Lists where a header holds bytes or a NUL.
 */
type PackedHeaders = string | readonly (readonly (string | Uint8Array)[])[]

const END = '\0'

/** Packs records of one topic, copying each value once. The value block may be transferred. */
export function packRecords(
  records: readonly TriggeredRecord[],
  source: PackedRecords['source'],
): PackedRecords {
  const sizes = records.map(({ value }) => value?.byteLength ?? -1)
  const values = new Uint8Array(sizes.reduce((sum, size) => sum + Math.max(size, 0), 0))
  let at = 0
  for (const { value } of records) {
    if (!value) continue
    values.set(value, at)
    at += value.byteLength
  }
  return {
    source,
    topic: records[0]?.topic ?? '',
    partitions: records.map(({ partition }) => partition),
    offsets: records.map(({ offset }) => offset),
    timestamps: records.map(({ timestamp }) => timestamp),
    keys: records.map(({ key }) => key),
    headers: textHeaders(records) ?? records.map(({ headers }) => flatHeaders(headers)),
    sizes,
    values,
  }
}

export function unpackRecords(packed: PackedRecords): readonly TriggeredRecord[] {
  const { topic, partitions, offsets, timestamps, keys, sizes, values } = packed
  const headers = listsOf(packed.headers)
  let at = 0
  return offsets.map((offset, index) => {
    const size = sizes[index] ?? -1
    const value = size < 0 ? null : values.subarray(at, at + size)
    at += Math.max(size, 0)
    return {
      topic,
      partition: partitions[index] ?? 0,
      offset,
      timestamp: timestamps[index] ?? 0,
      key: keys[index] ?? null,
      value,
      headers: headersOf(headers[index] ?? []),
    }
  })
}

function textHeaders(records: readonly TriggeredRecord[]): string | undefined {
  let text = ''
  for (const { headers } of records) {
    for (const name in headers) {
      const value = headers[name]
      if (typeof value !== 'string' || name === '' || name.includes(END) || value.includes(END)) {
        return undefined
      }
      text += name + END + value + END
    }
    text += END
  }
  return text
}

function listsOf(headers: PackedHeaders): readonly (readonly (string | Uint8Array)[])[] {
  if (typeof headers !== 'string') return headers
  const lists: string[][] = []
  let list: string[] = []
  const fields = headers.split(END)
  for (let at = 0; at < fields.length - 1; ) {
    const name = fields[at] ?? ''
    if (name === '') {
      lists.push(list)
      list = []
      at += 1
    } else {
      list.push(name, fields[at + 1] ?? '')
      at += 2
    }
  }
  return lists
}

function flatHeaders(headers: TriggeredRecord['headers']): (string | Uint8Array)[] {
  const flat: (string | Uint8Array)[] = []
  for (const name in headers) {
    const value = headers[name] ?? ''
    // A view would take the whole buffer behind it along.
    flat.push(name, typeof value === 'string' ? value : Uint8Array.from(value))
  }
  return flat
}

function headersOf(flat: readonly (string | Uint8Array)[]): TriggeredRecord['headers'] {
  const headers: Record<string, string | Uint8Array> = {}
  for (let at = 0; at < flat.length; at += 2)
    setHeader(headers, String(flat[at]), flat[at + 1] ?? '')
  return headers
}

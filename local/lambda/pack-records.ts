import type { TriggeredRecord } from '#shared/domain/events/trigger.ts'

/** Records on their way to another thread: one transferable block of bytes, the rest in columns. */
export type PackedRecords = Readonly<{
  source: Readonly<{ eventSource: 'SelfManagedKafka'; bootstrapServers: string }>
  topic: string
  partitions: readonly number[]
  offsets: readonly number[]
  timestamps: readonly number[]
  keys: readonly (string | null)[]
  /** Per record: names and values in turn. */
  headers: readonly (readonly (string | Uint8Array)[])[]
  /** Bytes of each value; -1 for none. */
  sizes: readonly number[]
  values: Uint8Array<ArrayBuffer>
}>

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
    headers: records.map(({ headers }) => flatHeaders(headers)),
    sizes,
    values,
  }
}

export function unpackRecords(packed: PackedRecords): readonly TriggeredRecord[] {
  const { topic, partitions, offsets, timestamps, keys, headers, sizes, values } = packed
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
  for (let at = 0; at < flat.length; at += 2) headers[String(flat[at])] = flat[at + 1] ?? ''
  return headers
}

import type { LogRecord } from '#shared/ports/event-log.ts'

/** Lambda takes 6 MB in a synchronous invocation, whatever the batch size says. */
const PAYLOAD_BYTES = 6_000_000
/** Values and keys become base64; a header byte becomes a number of up to three digits and a comma. */
const BASE64_GROWTH = 4 / 3
const HEADER_GROWTH = 4
/** Field names, offsets and brackets of a record in the event. */
const FRAME_BYTES = 200

/** As many of the first records as fit into one invocation; at least one. */
export function withinPayload(records: readonly LogRecord[]): readonly LogRecord[] {
  let bytes = 0
  const end = records.findIndex((record) => {
    bytes += payloadBytes(record)
    return bytes > PAYLOAD_BYTES
  })
  return end < 0 ? records : records.slice(0, Math.max(end, 1))
}

/** About what a record takes in the event; header text counts as if it were ASCII, as ours is. */
function payloadBytes({ key, value, headers }: LogRecord): number {
  let headerBytes = 0
  for (const name in headers) headerBytes += name.length + (headers[name]?.length ?? 0)
  const body = (key?.length ?? 0) + (value?.byteLength ?? 0)
  return body * BASE64_GROWTH + headerBytes * HEADER_GROWTH + FRAME_BYTES
}

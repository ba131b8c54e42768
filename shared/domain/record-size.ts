import { isDeadLetterTopic } from './topics.ts'

/**
 * The largest record that any log of ours takes: key, value, header names and values together. A
 * payload of 1 MiB, which is what intake accepts, and 64 KiB for what stands around it.
 */
export const RECORD_LIMIT_BYTES = 1_048_576 + 65_536

/**
 * The same for dead letters, which are whole: a record of another writer may be as large as a topic
 * takes (framing included), and what a dead letter says of its record stands beside it.
 */
export const DEAD_LETTER_LIMIT_BYTES = RECORD_LIMIT_BYTES + 16_384

/** How large a record of this topic may be, bytes. */
export function recordLimit(topic: string): number {
  return isDeadLetterTopic(topic) ? DEAD_LETTER_LIMIT_BYTES : RECORD_LIMIT_BYTES
}

type Sized = Readonly<{
  key: string | null
  value: Uint8Array | null
  headers: Readonly<Record<string, string | Uint8Array>>
}>

/**
 * What a record counts against `RECORD_LIMIT_BYTES`, in bytes of UTF-8: exact where it is beyond the
 * limit, else an estimate that is never too small. Most records are far below it, and counting the
 * bytes of every header costs more than all the rest of an append.
 */
export function recordWeight(record: Sized): number {
  const atMost = size(record, (text) => text.length * 3)
  return atMost <= RECORD_LIMIT_BYTES ? atMost : size(record, utf8Length)
}

function size({ key, value, headers }: Sized, lengthOf: (text: string) => number): number {
  let bytes = (value?.byteLength ?? 0) + (key === null ? 0 : lengthOf(key))
  for (const name in headers) {
    const header = headers[name] as string | Uint8Array
    bytes += lengthOf(name) + (typeof header === 'string' ? lengthOf(header) : header.byteLength)
  }
  return bytes
}

/** Lone surrogates count as U+FFFD, which is what an encoder makes of them. */
function utf8Length(text: string): number {
  return Buffer.byteLength(text)
}

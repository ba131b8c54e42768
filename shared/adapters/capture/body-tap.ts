import { createHash } from 'node:crypto'
import type { CallMessage } from '../../domain/calls/call.ts'

/** Looks at a body as it streams by. */
export type BodyTap = Readonly<{
  /** Takes a chunk; the chunk may be reused afterwards. */
  add(chunk: Uint8Array): void
  /** What was seen so far. */
  seen(): Pick<CallMessage, 'kept' | 'bytes' | 'digest'>
}>

const nothing = new Uint8Array(0)

/**
 * Keeps a body's first bytes and counts all of them.
 *
 * @param maxBytes how many are kept.
 * @param withDigest whether the SHA-256 of all of them is taken too (1.2 ms of the thread a MB).
 */
export function bodyTap(maxBytes: number, withDigest: boolean): BodyTap {
  const chunks: Uint8Array[] = []
  let kept = 0
  let bytes = 0
  let digest: string | undefined
  const hash = withDigest ? createHash('sha256') : undefined

  return {
    add(chunk) {
      bytes += chunk.byteLength
      hash?.update(chunk)
      if (kept >= maxBytes) return
      const part = Uint8Array.prototype.slice.call(chunk, 0, maxBytes - kept)
      chunks.push(part)
      kept += part.byteLength
    },
    seen() {
      digest ??= hash?.digest('hex')
      return {
        kept: chunks.length === 0 ? nothing : Buffer.concat(chunks),
        bytes,
        ...(digest === undefined ? {} : { digest }),
      }
    },
  }
}

import {
  brotliDecompressSync,
  constants,
  gunzipSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'
import type { DecodeBody } from '../../domain/calls/redacted-body.ts'

/** A body that unpacks to more is not shown: so much takes less than a millisecond. */
const MOST_DECODED_BYTES = 262_144

/** Undoes gzip, deflate, br and zstd (RFC 9110, section 8.4.1), also of a body's first part alone. */
export const decodeBody: DecodeBody = ({ bytes, isWhole }, coding) => {
  try {
    const decoded = unpack(bytes, coding)
    return decoded && { bytes: decoded, isWhole }
  } catch {
    // Not what it says it is, or too large: size and digest have to do.
    return undefined
  }
}

/** What is cut has no end, which is no fault here. */
const zlib = { maxOutputLength: MOST_DECODED_BYTES, finishFlush: constants.Z_SYNC_FLUSH }
const brotli = {
  maxOutputLength: MOST_DECODED_BYTES,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
}
const zstd = { maxOutputLength: MOST_DECODED_BYTES, finishFlush: constants.ZSTD_e_flush }

function unpack(bytes: Uint8Array, coding: string): Buffer | undefined {
  if (coding === 'gzip' || coding === 'x-gzip') return gunzipSync(bytes, zlib)
  if (coding === 'deflate') return inflateSync(bytes, zlib)
  if (coding === 'br') return brotliDecompressSync(bytes, brotli)
  return coding === 'zstd' ? zstdDecompressSync(bytes, zstd) : undefined
}

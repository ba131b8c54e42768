import { gunzipSync } from 'node:zlib'
import { Failure } from '#shared/errors.ts'

/** The largest body that is taken, before and after decompression. */
const MAX_BODY_BYTES = 1_048_576

/** A request's body as it was sent. @throws `TooLarge` */
export function rawBody(body: string | null, isBase64: boolean): Uint8Array {
  const bytes = Buffer.from(body ?? '', isBase64 ? 'base64' : 'utf8')
  if (bytes.length > MAX_BODY_BYTES) throw tooLarge()
  return bytes
}

/**
 * Undoes a body's content encoding: gzip, or none.
 *
 * @throws `UnsupportedMedia` for any other, `Malformed` for what is no gzip, `TooLarge` when it holds
 *   more than a body may; no more than that is inflated.
 */
export function decodedBody(body: Uint8Array, contentEncoding: string | undefined): Uint8Array {
  const encoding = contentEncoding?.trim().toLowerCase() ?? 'identity'
  if (encoding === '' || encoding === 'identity') return body
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new Failure('UnsupportedMedia', `Content encoding ${encoding} is not taken; gzip is.`, {
      headers: { 'accept-encoding': 'gzip' },
    })
  }
  try {
    return gunzipSync(body, { maxOutputLength: MAX_BODY_BYTES })
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new Failure('Malformed', 'The body is no complete gzip stream.', { cause: error })
  }
}

function tooLarge(): Failure {
  return new Failure('TooLarge', `A body has at most ${MAX_BODY_BYTES} bytes.`)
}

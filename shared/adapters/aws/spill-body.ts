import { gunzipSync, gzipSync } from 'node:zlib'

const PACKED = 'gzip:'
const LARGE = 's3:'
/** More than a group of puts ever holds, written as JSON. */
const MAX_TEXT_BYTES = 128 * 1_048_576

/** A message's body, compressed: SQS counts bytes, and takes no control characters. */
export function packedBody(text: string): Readonly<{ body: string; compressed: Buffer }> {
  const compressed = gzipSync(text)
  return { body: PACKED + compressed.toString('base64'), compressed }
}

/** The body of a message whose compressed text lies in an object. */
export function largeBody(key: string): string {
  return LARGE + key
}

/** The text of a body; `large` reads the object that it may name. Undefined for any other body. */
export async function textOf(
  body: string,
  large: (key: string) => Promise<Buffer>,
): Promise<string | undefined> {
  if (body.startsWith(PACKED)) return unpacked(Buffer.from(body.slice(PACKED.length), 'base64'))
  return body.startsWith(LARGE) ? unpacked(await large(body.slice(LARGE.length))) : undefined
}

function unpacked(compressed: Buffer): string | undefined {
  try {
    return gunzipSync(compressed, { maxOutputLength: MAX_TEXT_BYTES }).toString()
  } catch {
    return undefined
  }
}

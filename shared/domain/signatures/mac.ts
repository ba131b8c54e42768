import { createHmac, timingSafeEqual } from 'node:crypto'

/** HMAC-SHA256 of the parts one after another. */
export function mac(
  key: string | Uint8Array,
  ...parts: readonly (string | Uint8Array)[]
): Uint8Array {
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return hmac.digest()
}

/** Whether two digests are equal, in a time that does not tell where they differ. */
export function sameDigest(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other)
}

/** A SHA-256 digest in hex, either case, as bytes; undefined for anything else. */
export function hexDigest(text: string): Uint8Array | undefined {
  return /^[0-9a-f]{64}$/i.test(text) ? Buffer.from(text, 'hex') : undefined
}

/** Whether any of the secrets made any of the digests; an empty secret makes none. */
export function anyMatches(
  secrets: readonly string[],
  digests: readonly Uint8Array[],
  ...signed: readonly (string | Uint8Array)[]
): boolean {
  return secrets.some((secret) => {
    if (secret === '') return false
    const expected = mac(secret, ...signed)
    return digests.some((digest) => sameDigest(expected, digest))
  })
}

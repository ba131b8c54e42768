import { hash, randomBytes } from 'node:crypto'
import type { AccessSnapshot, KeyEntry } from './access.ts'
import type { Principal } from './principal.ts'

/** A key that was just made. `key` is shown once and kept nowhere. */
export type NewKey = Readonly<{ id: string; key: string; digest: string }>

const ID_BYTES = 6
const SECRET_BYTES = 32

/** Makes a key, `omni_<id>_<secret>`: 12 hex digits to name it by, 256 random bits as base64url. */
export function newKey(): NewKey {
  const id = randomBytes(ID_BYTES).toString('hex')
  const key = `omni_${id}_${randomBytes(SECRET_BYTES).toString('base64url')}`
  return { id, key, digest: digestOf(key) }
}

/** SHA-256 of a key, hex. */
export function digestOf(key: string): string {
  return hash('sha256', key, 'hex')
}

/** Longer than any key: such a thing is not worth a digest. */
const MAX_KEY_LENGTH = 256

/**
 * The entry of a presented key, unless there is none or it has expired.
 *
 * Looking a digest up in a map is as good as comparing in constant time: what the time could tell
 * is how a SHA-256 of the guess compares with a stored one, and nobody can steer a digest towards it.
 */
export function findKey(
  snapshot: AccessSnapshot,
  presentedKey: string,
  now: Date,
): KeyEntry | undefined {
  if (presentedKey.length > MAX_KEY_LENGTH) return undefined
  const entry = byDigest(snapshot).get(digestOf(presentedKey))
  if (entry?.expiresAt !== undefined && Date.parse(entry.expiresAt) <= now.getTime()) {
    return undefined
  }
  return entry
}

/** Who holds a key. */
export const holderOfKey = ({ id, name, roles }: KeyEntry): Principal => ({
  kind: 'key',
  id,
  name,
  roles,
})

const indexes = new WeakMap<AccessSnapshot, ReadonlyMap<string, KeyEntry>>()

function byDigest(snapshot: AccessSnapshot): ReadonlyMap<string, KeyEntry> {
  let index = indexes.get(snapshot)
  if (!index) {
    index = new Map(snapshot.keys.map((entry) => [entry.digest, entry]))
    indexes.set(snapshot, index)
  }
  return index
}

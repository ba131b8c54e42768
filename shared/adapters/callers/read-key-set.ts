import type { JSONWebKeySet, JWK } from 'jose'
import { Failure } from '../../errors.ts'

const MAX_KEYS = 100
/** RSA moduli, characters of base64url: 2,048 to 8,192 bits (RFC 7518, section 3.3). */
const RSA_LENGTH = { least: 342, most: 1_366 }
/** What a public key may say (RFC 7518, section 6; RFC 8037): private parts are not taken in. */
const PUBLIC = ['kty', 'kid', 'use', 'key_ops', 'alg', 'n', 'e', 'crv', 'x', 'y'] as const
const TYPES: readonly unknown[] = ['RSA', 'EC', 'OKP']

/**
 * Reads a key set (RFC 7517, section 5): its public keys for signatures; others are passed over.
 *
 * @throws `Unavailable` for what is no key set, holds no such key or too many
 */
export function readKeySet(text: string): JSONWebKeySet {
  const keys = parse(text).filter(isUsable).map(publicPart)
  if (keys.length === 0) throw unusable('holds no public key for signatures')
  if (keys.length > MAX_KEYS) throw unusable(`holds more than ${MAX_KEYS} keys`)
  return { keys }
}

function parse(text: string): readonly unknown[] {
  try {
    const set = JSON.parse(text) as { keys?: unknown } | null
    if (Array.isArray(set?.keys)) return set.keys
  } catch (error) {
    throw unusable('is no JSON', error)
  }
  throw unusable('is no key set')
}

function isUsable(key: unknown): key is JWK {
  if (typeof key !== 'object' || key === null) return false
  const { kty, kid, n, use } = key as Record<string, unknown>
  if (!TYPES.includes(kty)) return false
  if (kid !== undefined && typeof kid !== 'string') return false
  if (use !== undefined && use !== 'sig') return false
  if (kty !== 'RSA') return true
  return typeof n === 'string' && n.length >= RSA_LENGTH.least && n.length <= RSA_LENGTH.most
}

const publicPart = (key: JWK): JWK =>
  Object.fromEntries(PUBLIC.flatMap((name) => (key[name] === undefined ? [] : [[name, key[name]]])))

const unusable = (what: string, cause?: unknown) =>
  new Failure('Unavailable', `the key set ${what}`, { cause })

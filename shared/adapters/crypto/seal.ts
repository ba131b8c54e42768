import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { Failure } from '../../errors.ts'

const KEY_BYTES = 32
/** As base64 these would be 48 bytes: nothing else can be meant. */
const HEX = /^[0-9a-f]{64}$/i
/** NIST SP 800-38D, 8.2: 96-bit random nonces. */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION = 'v1.'

/**
 * The key that seals, from its text (`SOURCE_SECRETS_KEY`): base64, or 64 hex digits, which is what
 * Secrets Manager can generate.
 *
 * @throws `InvalidInput` when it is not 32 bytes.
 */
export function sealingKey(text: string): KeyObject {
  const bytes = Buffer.from(text, HEX.test(text) ? 'hex' : 'base64')
  if (bytes.length !== KEY_BYTES) {
    throw new Failure('InvalidInput', `a sealing key has 32 bytes, this one ${bytes.length}`)
  }
  return createSecretKey(bytes)
}

/** Encrypts a secret with AES-256-GCM: `v1.` and base64url of nonce, ciphertext and tag. */
export function seal(plain: string, key: KeyObject): string {
  const nonce = randomBytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = [nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]
  return VERSION + Buffer.concat(sealed).toString('base64url')
}

/**
 * What `seal` sealed.
 *
 * @throws `Unavailable` when it was sealed with another key or altered since.
 */
export function open(sealed: string, key: KeyObject): string {
  const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64url')
  try {
    if (!sealed.startsWith(VERSION)) throw new RangeError('unknown version')
    const nonce = bytes.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
    const plain = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
    return Buffer.concat([plain, decipher.final()]).toString('utf8')
  } catch (error) {
    throw new Failure('Unavailable', 'a sealed secret does not open with this key', {
      cause: error,
    })
  }
}

const FINGERPRINT_LENGTH = 12

/**
 * Tells secrets apart without giving them away: the first 12 hex digits of HMAC-SHA-256 under the
 * sealing key, since a plain digest of a guessable secret could be guessed.
 */
export function fingerprint(plain: string, key: KeyObject): string {
  return createHmac('sha256', key).update(plain).digest('hex').slice(0, FINGERPRINT_LENGTH)
}

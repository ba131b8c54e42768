import { createPublicKey, verify } from 'node:crypto'
import { headerOf } from '../http/headers.ts'
import { mac, sameDigest } from './mac.ts'
import { type SignatureScheme, TOLERANCE_S, unixSeconds } from './scheme.ts'

/** More signatures than any rotation of keys needs. */
const MAX_SIGNATURES = 16
const SYMMETRIC_PREFIX = 'whsec_'
const PUBLIC_PREFIX = 'whpk_'
const PUBLIC_KEY_BYTES = 32

/**
 * Standard Webhooks 1.0.0: `webhook-signature` lists `v1,<base64 HMAC-SHA256>` and
 * `v1a,<base64 ed25519>` over `<webhook-id>.<webhook-timestamp>.<body>`. A secret is base64, with
 * `whsec_` before it or without; a public key is `whpk_` and base64. It is also the scheme for
 * dialects without one of their own. (https://github.com/standard-webhooks/standard-webhooks)
 */
export const standardWebhooksSignature: SignatureScheme = ({ headers, body }, secrets, nowMs) => {
  const id = headerOf(headers, 'webhook-id')
  const time = headerOf(headers, 'webhook-timestamp')
  const list = headerOf(headers, 'webhook-signature')
  if (!id || !time || !list) return 'missing'
  const signedAt = unixSeconds(time)
  // A dot in the id would let one signature stand for two splits of the signed text.
  if (signedAt === undefined || id.includes('.')) return 'mismatch'
  const signatures = list.split(' ', MAX_SIGNATURES)
  const prefix = `${id}.${time}.`
  const matches = secrets.some((secret) =>
    secret.startsWith(PUBLIC_PREFIX)
      ? madeByPrivateKey(secret, signatures, prefix, body)
      : madeBySecret(secret, signatures, prefix, body),
  )
  if (!matches) return 'mismatch'
  return Math.abs(nowMs / 1_000 - signedAt) > TOLERANCE_S ? 'stale' : 'valid'
}

function madeBySecret(
  secret: string,
  signatures: readonly string[],
  prefix: string,
  body: Uint8Array,
): boolean {
  const encoded = secret.startsWith(SYMMETRIC_PREFIX)
    ? secret.slice(SYMMETRIC_PREFIX.length)
    : secret
  const key = Buffer.from(encoded, 'base64')
  if (key.length === 0) return false
  const expected = mac(key, prefix, body)
  return signatures.some(
    (signature) =>
      signature.startsWith('v1,') &&
      sameDigest(expected, Buffer.from(signature.slice(3), 'base64')),
  )
}

function madeByPrivateKey(
  publicKey: string,
  signatures: readonly string[],
  prefix: string,
  body: Uint8Array,
): boolean {
  const bytes = Buffer.from(publicKey.slice(PUBLIC_PREFIX.length), 'base64')
  if (bytes.length !== PUBLIC_KEY_BYTES) return false
  const key = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') },
    format: 'jwk',
  })
  const signed = Buffer.concat([Buffer.from(prefix), body])
  return signatures.some(
    (signature) =>
      signature.startsWith('v1a,') &&
      verify(null, signed, key, Buffer.from(signature.slice(4), 'base64')),
  )
}

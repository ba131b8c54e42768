import { headerOf } from '../http/headers.ts'
import { anyMatches, hexDigest } from './mac.ts'
import { type SignatureScheme, TOLERANCE_S, unixSeconds } from './scheme.ts'

/** More than this is no header of Stripe's: every digest costs a comparison. */
const MAX_PARTS = 16

/**
 * Stripe: `Stripe-Signature: t=<unix s>,v1=<hex>[,v1=<hex>]` over `<t>.<body>`, keyed by the whole
 * secret text, `whsec_` included. As in Stripe's own library only a time too far back is stale; one
 * ahead of ours is not. (https://docs.stripe.com/webhooks#verify-manually)
 */
export const stripeSignature: SignatureScheme = ({ headers, body }, secrets, nowMs) => {
  const header = headerOf(headers, 'stripe-signature')
  if (!header) return 'missing'
  let time: string | undefined
  const digests: Uint8Array[] = []
  for (const part of header.split(',', MAX_PARTS)) {
    const text = part.trim()
    if (text.startsWith('t=')) time ??= text.slice(2)
    const digest = text.startsWith('v1=') ? hexDigest(text.slice(3)) : undefined
    if (digest) digests.push(digest)
  }
  const signedAt = time === undefined ? undefined : unixSeconds(time)
  if (signedAt === undefined || !anyMatches(secrets, digests, `${time}.`, body)) return 'mismatch'
  return nowMs / 1_000 - signedAt > TOLERANCE_S ? 'stale' : 'valid'
}

import { headerOf } from '../http/headers.ts'
import { anyMatches, hexDigest } from './mac.ts'
import type { SignatureScheme } from './scheme.ts'

const PREFIX = 'sha256='

/**
 * GitHub: `X-Hub-Signature-256: sha256=<hex>` over the body; the old SHA-1 header is not read. It
 * carries no time, so nothing is stale: a repeated delivery is known by its id.
 * (https://docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries)
 */
export const githubSignature: SignatureScheme = ({ headers, body }, secrets) => {
  const header = headerOf(headers, 'x-hub-signature-256')
  if (!header) return 'missing'
  const digest = header.startsWith(PREFIX) ? hexDigest(header.slice(PREFIX.length)) : undefined
  return digest && anyMatches(secrets, [digest], body) ? 'valid' : 'mismatch'
}

import { headerOf } from '../http/headers.ts'
import { anyMatches, hexDigest } from './mac.ts'
import { type SignatureScheme, TOLERANCE_S, unixSeconds } from './scheme.ts'

const PREFIX = 'v0='

/**
 * Slack: `X-Slack-Signature: v0=<hex>` over `v0:<X-Slack-Request-Timestamp>:<body>`.
 * (https://docs.slack.dev/authentication/verifying-requests-from-slack)
 */
export const slackSignature: SignatureScheme = ({ headers, body }, secrets, nowMs) => {
  const header = headerOf(headers, 'x-slack-signature')
  const time = headerOf(headers, 'x-slack-request-timestamp')
  if (!header || !time) return 'missing'
  const signedAt = unixSeconds(time)
  const digest = header.startsWith(PREFIX) ? hexDigest(header.slice(PREFIX.length)) : undefined
  if (signedAt === undefined || !digest) return 'mismatch'
  if (!anyMatches(secrets, [digest], `v0:${time}:`, body)) return 'mismatch'
  return Math.abs(nowMs / 1_000 - signedAt) > TOLERANCE_S ? 'stale' : 'valid'
}

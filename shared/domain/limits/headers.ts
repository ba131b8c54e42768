import type { RateLimitRules } from './rules.ts'

/** The one policy that a call is counted against. */
const POLICY = '"default"'

/**
 * What a caller is told of its limit, names and values in turn: `RateLimit-Policy` and `RateLimit`
 * (draft-ietf-httpapi-ratelimit-headers), in whole seconds, which never promise more than there is.
 *
 * @param remaining requests left in this window
 * @param resetMs until the next window, ms
 */
export function rateLimitHeaders(
  { requests, windowMs }: RateLimitRules,
  remaining: number,
  resetMs: number,
): readonly string[] {
  return [
    'RateLimit-Policy',
    `${POLICY};q=${requests};w=${Math.ceil(windowMs / 1_000)}`,
    'RateLimit',
    `${POLICY};r=${Math.max(Math.floor(remaining), 0)};t=${Math.ceil(resetMs / 1_000)}`,
  ]
}

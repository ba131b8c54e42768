/** How many requests one caller may make of one service: `requests` in each window of `windowMs`. */
export type RateLimitRules = Readonly<{ requests: number; windowMs: number }>

/** The window that an instant lies in, ms since the epoch; windows of one length are the same for all. */
export function windowOf(
  nowMs: number,
  windowMs: number,
): Readonly<{ start: number; end: number }> {
  const start = Math.floor(nowMs / windowMs) * windowMs
  return { start, end: start + windowMs }
}

/**
 * How many requests an environment takes from the store at once: each leaves the store alone for as
 * long as they last, and can be gone with the environment. A fiftieth of what is allowed, at least one.
 */
export function leaseSize({ requests }: RateLimitRules): number {
  return Math.max(Math.floor(requests / 50), 1)
}

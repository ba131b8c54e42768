const WINDOW_MS = 1_000

/**
 * Lets one in a second through and counts the rest, so that an outage does not write a log line per
 * request. Answers how many were held back since the last one let through, or undefined to hold back.
 */
export function throttle(windowMs = WINDOW_MS): (nowMs: number) => number | undefined {
  let openAgainAt = Number.NEGATIVE_INFINITY
  let heldBack = 0
  return (nowMs) => {
    if (nowMs < openAgainAt) {
      heldBack += 1
      return undefined
    }
    const count = heldBack
    openAgainAt = nowMs + windowMs
    heldBack = 0
    return count
  }
}

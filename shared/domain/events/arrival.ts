/**
 * Counts arrivals: each call answers microseconds since the epoch, strictly more than the call
 * before, also when the clock stands still or is set back. `nowMs` may have a fraction.
 */
export function arrivalClock(nowMs: () => number): () => number {
  let last = 0
  return () => {
    last = Math.max(Math.floor(nowMs() * 1_000), last + 1)
    return last
  }
}

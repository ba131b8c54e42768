/** A catalog is confirmed at least so often while its publisher and the directory are well, ms. */
export const CONFIRM_EVERY_MS = 5_000

/** Not confirmed for so long, it is stale: two confirmations were missed and a third is due, ms. */
export const STALE_AFTER_MS = 3 * CONFIRM_EVERY_MS

/**
 * A stale catalog serves so long after it was confirmed last, ms. Instances that have come and gone since are
 * found out by calls that fail; after ten minutes that is no service any more, and says so.
 */
export const SERVED_FOR_MS = 600_000

/** Whether a catalog may be used, by when it was confirmed last. A publisher's clock may be ahead. */
export function freshnessAt(confirmedAt: number, nowMs: number): 'fresh' | 'stale' | 'gone' {
  const ageMs = nowMs - confirmedAt
  if (ageMs <= STALE_AFTER_MS) return 'fresh'
  return ageMs <= SERVED_FOR_MS ? 'stale' : 'gone'
}

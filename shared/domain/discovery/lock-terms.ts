/** For how long a lock is given. */
export type LockTerms = Readonly<{
  /** A holder that is not heard of for so long has lost it; others get it at most twice as late. */
  ttlMs: number
  /** How long nobody gets it after it was lost, for the holder to notice; not after a release. */
  lockDelayMs: number
}>

/** Consul's limits on sessions. */
const TTL_MS = { least: 10_000, most: 86_400_000 }
const LOCK_DELAY_MS = { least: 0, most: 60_000 }

/** What is wrong with a lock's terms; undefined when nothing is. */
export function findTermsProblem({ ttlMs, lockDelayMs }: LockTerms): string | undefined {
  const isWithin = (value: number, { least, most }: Readonly<{ least: number; most: number }>) =>
    Number.isInteger(value) && value >= least && value <= most
  if (!isWithin(ttlMs, TTL_MS)) return `a lock's TTL is ${TTL_MS.least} to ${TTL_MS.most} ms`
  if (!isWithin(lockDelayMs, LOCK_DELAY_MS)) {
    return `a lock's delay is ${LOCK_DELAY_MS.least} to ${LOCK_DELAY_MS.most} ms`
  }
  return undefined
}

/** A holder renews so often that two failures in a row lose nothing. */
export function renewalMs({ ttlMs }: LockTerms): number {
  return ttlMs / 3
}

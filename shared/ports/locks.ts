import type { LockTerms } from '../domain/discovery/lock-terms.ts'

/** A lock that is held, and renewed by itself until it is released or lost. */
export interface HeldLock {
  readonly name: string

  /**
   * Larger than that of every holder before. A holder may be slow, frozen or cut off and believe that
   * it still holds: only who guards what the lock protects can refuse it, by refusing a token that is
   * smaller than the largest seen.
   */
  readonly token: number

  /** Aborts once the lock is lost, or can't be known to be held any more. Not by a release. */
  readonly lost: AbortSignal

  /**
   * Renews now: for a process that was frozen and wants to know before it goes on.
   *
   * @throws `Conflict` when it is lost; `Unavailable` when that can't be found out
   */
  renew(): Promise<void>

  /** Gives it back, at once for the next; a lost one is no failure. @throws `Unavailable` */
  release(): Promise<void>
}

/** Locks by name, one holder each. All calls throw `InvalidInput`, `Unavailable` and `Forbidden`. */
export interface Locks {
  /** Takes a lock if nobody holds it; undefined when somebody does. Answers within 5 s. */
  tryAcquire(name: string, terms: LockTerms): Promise<HeldLock | undefined>

  /** Waits for a lock; undefined once the signal aborts. Goes on waiting through an outage. */
  acquire(name: string, terms: LockTerms, signal: AbortSignal): Promise<HeldLock | undefined>

  /** Stops renewing. What is still held goes to others after its TTL: release before. */
  close(): Promise<void>
}

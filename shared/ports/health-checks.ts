import type { Condition, InstanceRef } from '../domain/discovery/instance.ts'

/** An HTTP check whose time has come, lent to one watcher. */
export type DueCheck = InstanceRef &
  Readonly<{
    /** Where to ask: at the instance's own address. Redirects are answers of their own, not followed. */
    url: string
    timeoutMs: number
    /** Which lease of which registration this is: a report on an older one changes nothing. */
    lease: number
  }>

/** What a check found. */
export type CheckReport = Pick<DueCheck, 'service' | 'id' | 'lease'> &
  Readonly<{ condition: Condition; note: string }>

/**
 * The work behind a directory that has no agent of its own to do it: asking by HTTP, noticing who has
 * gone silent, removing who stays critical. Several watchers may do it side by side; each check is
 * lent to one of them. All calls answer or fail within 5 s, with `Unavailable` when the directory
 * can't be reached.
 */
export interface HealthChecks {
  /**
   * Lends checks whose time has come, longest due first. One that is not reported on goes to another
   * watcher once its own time-out and a margin of 5 s are over.
   */
  due(limit: number): Promise<readonly DueCheck[]>

  /** Keeps what was found and plans each check's next time. What is no longer lent is ignored. */
  report(results: readonly CheckReport[]): Promise<void>

  /**
   * Makes instances critical of which nothing was heard for their TTL, and removes those that were
   * critical for as long as they said. Safe to run side by side and as often as one likes.
   */
  sweep(): Promise<void>

  /** Lets go of connections. */
  close(): Promise<void>
}

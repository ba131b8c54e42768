import type { Observation } from '../domain/patterns/observation.ts'

/** What a batch came to. */
export type Learned = Readonly<{
  /** Observations that were new. */
  fresh: number
  /** Sessions in which something was put before what was already known. */
  corrected: number
}>

/** Learns from observations: sequences, waits, durations, outcomes. */
export interface Learning {
  /**
   * Takes in a batch in one transaction. Each identity counts once, however often it comes; any
   * order and any split into batches lead to the same counts.
   *
   * @throws `Unavailable` when the database is away: nothing, or all of it, was taken in.
   */
  learn(observations: readonly Observation[], now: Date): Promise<Learned>
}

import type { Recordable } from '../domain/recording/recordable.ts'
import type { Position } from './event-log.ts'

/** What became of a batch, in events. */
export type RecordingOutcome = Readonly<{ recorded: number; known: number; conflicts: number }>

/** Keeps events and what they tell of sessions, executions and operations. */
export interface Recording {
  /**
   * Records a batch and notes how far each partition was read, all or nothing. An event that is known
   * already changes nothing. One whose identity belongs to an event with other content is handed to
   * `refuse`, the first time it is seen; the batch fails if that fails.
   *
   * @param next the offset after the last of the batch, per partition.
   * @throws `Unavailable` when the database did not take the batch.
   * @throws `InvalidInput` when something in the batch can't be stored, whenever it is tried.
   */
  record(
    batch: readonly Recordable[],
    next: readonly Position[],
    refuse: (conflicts: readonly Recordable[]) => Promise<void>,
  ): Promise<RecordingOutcome>
}

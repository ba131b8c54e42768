import type { CallBatch } from './call-batch.ts'

/** What the thread that serves calls says to the one that captures them. */
export type ToCapturer =
  /** `lost` calls were dropped on this side since the last batch. */
  | Readonly<{ type: 'calls'; batch: CallBatch; lost: number }>
  | Readonly<{ type: 'flush'; id: number }>
  | Readonly<{ type: 'close' }>

/** What the capturing thread says back. */
export type FromCapturer =
  /** So many calls are on the log or given up since the last word; `dropped` is the sum of all given up. */
  | Readonly<{ type: 'settled'; calls: number; bytes: number; dropped: number }>
  | Readonly<{ type: 'flushed'; id: number }>
  | Readonly<{ type: 'closed' }>

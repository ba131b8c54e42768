import type { LogRecord } from './event-log.ts'

/** How one consumer group reads one topic. */
export type Subscription = Readonly<{
  group: string
  topic: string
  /** Where a group without a position begins. */
  startingPosition: 'earliest' | 'latest'
  /** At most so many records in a batch. */
  maxRecords: number
  /** How long a batch may wait to fill, ms; 0 hands over what is there. */
  maxWaitMs: number
}>

/** Records of one partition, in offset order, never empty. */
export type Batch = Readonly<{ topic: string; partition: number; records: readonly LogRecord[] }>

/**
 * Handles a batch and answers the offset to go on from: everything below it is done and becomes the
 * group's position. A throw, or an offset inside the batch, leads to delivery again from there. Once
 * `signal` is aborted the partition is about to be, or has been, taken away: begin nothing new.
 */
export type BatchHandler = (batch: Batch, signal: AbortSignal) => Promise<number>

/** A running subscription. */
export interface Consumption {
  /** Takes no new batch, waits for those in flight and keeps their positions. */
  stop(): Promise<void>
}

/** Reads the event log in consumer groups: each partition by one member at a time, in order. */
export interface EventConsumer {
  /**
   * Starts reading. Batches of one partition come one after another; partitions run side by side.
   * Recovers by itself, with backoff, when the log goes away and comes back.
   */
  consume(subscription: Subscription, handle: BatchHandler): Promise<Consumption>
  close(): Promise<void>
}

import type { LogRecord } from './event-log.ts'

/** How far a group is behind in one partition. */
export type Lag = Readonly<{
  group: string
  topic: string
  partition: number
  /** The next offset the group reads. */
  position: number
  /** The offset the next record will get. */
  end: number
  /** Age of the oldest unread record, ms; 0 when there is none. */
  oldestUnreadMs: number
}>

/** Looks at the log without a group. */
export interface LogBrowser {
  /** The lag of every group that has ever committed a position. */
  lag(now: Date): Promise<readonly Lag[]>

  /** Records of a partition from an offset on, at most `limit`; empty at the end. */
  read(topic: string, partition: number, from: number, limit: number): Promise<readonly LogRecord[]>

  /** First kept and next offset of every partition of a topic. @throws `NotFound` */
  bounds(topic: string): Promise<readonly PartitionBounds[]>

  close(): Promise<void>
}

export type PartitionBounds = Readonly<{ partition: number; first: number; end: number }>

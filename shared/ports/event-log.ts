/** Header names to values. A value is text where its bytes are UTF-8, else the bytes. */
export type Headers = Readonly<Record<string, string | Uint8Array>>

/** A record to append. Records of one key in one topic keep their order. */
export type NewRecord = Readonly<{
  topic: string
  key: string | null
  /** null is a tombstone. */
  value: Uint8Array | null
  headers: Headers
}>

/** A record as it lies on the log. Offsets start at 0 and grow by 1 or more within a partition. */
export type LogRecord = NewRecord &
  Readonly<{
    partition: number
    offset: number
    /** When it was appended, ms since the epoch. */
    timestamp: number
  }>

export type Position = Readonly<{ topic: string; partition: number; offset: number }>

/** Appends to the event log. */
export interface EventLog {
  /**
   * Resolves once every record is durable on all replicas, with their positions in input order.
   * Answers within 4 s whatever the log does, or within `timeoutMs` where that is less.
   *
   * @throws `Unavailable` when the log did not acknowledge; records may be stored after all, so
   *   consumers count an event's identity once.
   * @throws `TooLarge` when a record is larger than the topic allows.
   * @throws `NotFound` when a topic does not exist.
   */
  append(
    records: readonly NewRecord[],
    options?: Readonly<{ timeoutMs?: number }>,
  ): Promise<readonly Position[]>

  /** Finishes appends in flight and lets go of connections. */
  close(): Promise<void>
}

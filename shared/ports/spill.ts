import type { NewRecord } from './event-log.ts'

/** Keeps records durably that the event log does not take now, until they are moved to it. */
export interface Spill {
  /**
   * Resolves once every record is durable. Records of one key in one topic come out in the order in
   * which they were put.
   *
   * @throws `Unavailable`, `Misconfigured` when they are not durable within `timeoutMs`; they may be
   *   kept after all, so consumers count an event's identity once.
   */
  put(records: readonly NewRecord[], options: Readonly<{ timeoutMs: number }>): Promise<void>

  /** Finishes what is under way and lets go of connections. */
  close(): Promise<void>
}

/** What the one who empties a spill needs of it beside the messages that are brought. */
export interface SpillOutlet {
  /**
   * The records that a message's body stands for, in order.
   *
   * @throws `Malformed` for what no spill wrote, `NotFound` when what it names is gone, `Unavailable`,
   *   `Misconfigured`
   */
  read(body: string): Promise<readonly NewRecord[]>

  /**
   * Keeps messages, named by their receipt handles, from being brought again for some time, and with
   * them those of the same keys that lie behind them.
   *
   * @throws `Unavailable`, `Misconfigured`
   */
  postpone(receiptHandles: readonly string[], seconds: number): Promise<void>
}

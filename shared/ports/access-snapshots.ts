import type { AccessSnapshot } from '../domain/access.ts'

/** Keys and sources as functions see them, without the database behind them. */
export interface AccessSnapshots {
  /**
   * A snapshot that was published, or seen to be unchanged, at most 5 s ago.
   *
   * @throws `Unavailable` when none so fresh can be had: access is denied, never guessed.
   */
  current(): Promise<AccessSnapshot>
}

/** Where `access` puts the snapshot for the others. */
export interface AccessPublisher {
  publish(snapshot: AccessSnapshot): Promise<void>
}

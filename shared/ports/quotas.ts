/** What is taken of a quota: by whom, in which window, how much there is in all. */
export type LeaseRequest = Readonly<{
  /** Whose quota it is, at most 512 characters. */
  subject: string
  /** Start and length of the window, ms since the epoch and ms. */
  windowStart: number
  windowMs: number
  quota: number
  /** How much is wanted, at least 1. */
  wanted: number
}>

/** Quotas that all function environments draw on together. */
export interface Quotas {
  /**
   * Takes what is wanted, or what is left of it.
   *
   * @returns how much was granted, and how much of the quota is left for others after it.
   * @throws `Unavailable` when the store does not answer within 250 ms.
   */
  lease(request: LeaseRequest): Promise<Readonly<{ granted: number; left: number }>>
  close(): Promise<void>
}

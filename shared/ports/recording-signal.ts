/** Tells when something was recorded. */
export interface RecordingSignal {
  /**
   * Resolves when something later than `seq` was announced, else after `timeoutMs`: an announcement
   * may get lost, so the caller looks for itself then.
   */
  after(seq: number, timeoutMs: number): Promise<void>
}

import type { RequestHeaders } from '../http/headers.ts'

/** What became of a signature. Everything but `valid` is refused. */
export type Verdict = 'valid' | 'missing' | 'stale' | 'mismatch'

/**
 * Checks a delivery's signature over its body's raw bytes, as they came. Any of the source's secrets
 * may have signed it; an empty secret matches nothing. `nowMs` is ms since the epoch.
 */
export type SignatureScheme = (
  delivery: Readonly<{ headers: RequestHeaders; body: Uint8Array }>,
  secrets: readonly string[],
  nowMs: number,
) => Verdict

/** How far a signature's time may be from ours, s (Standard Webhooks, Stripe and Slack agree). */
export const TOLERANCE_S = 300

/** Seconds since the epoch as the schemes write them, or undefined. */
export function unixSeconds(text: string): number | undefined {
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined
}

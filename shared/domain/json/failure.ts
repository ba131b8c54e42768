/**
 * Why a body is refused as JSON:
 *
 * - `not-utf8`: bytes that are not UTF-8 (RFC 8259 section 8.1)
 * - `syntax`: not JSON (RFC 8259)
 * - `too-deep`: more containers inside each other than allowed
 * - `duplicate-key`: a name twice in one object (RFC 7493 section 2.3)
 * - `lone-surrogate`: an escape for half a character (RFC 7493 section 2.1)
 * - `nul`: `\u0000`, which PostgreSQL can't store as text
 * - `unsafe-number`: one that a double can't hold (RFC 7493 section 2.2)
 */
export type JsonFailure =
  | 'not-utf8'
  | 'syntax'
  | 'too-deep'
  | 'duplicate-key'
  | 'lone-surrogate'
  | 'nul'
  | 'unsafe-number'

/** A body that was refused: why, and where. */
export type Refusal = Readonly<{
  ok: false
  failure: JsonFailure
  /** JSON pointer (RFC 6901) of the value or member, or of the container it would have been in. */
  pointer: string
  /** A sentence for the sender. Never carries a value: it may be a secret. */
  detail: string
}>

export const refusal = (failure: JsonFailure, pointer: string, detail: string): Refusal => ({
  ok: false,
  failure,
  pointer,
  detail,
})

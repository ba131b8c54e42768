/** How answers may be kept (RFC 9111). */
export type CacheRules = Readonly<{
  /** `shared` keeps what may be given to every caller, `private` also one caller's own answers for them alone. */
  mode: 'off' | 'shared' | 'private'
  /** bytes */
  maxEntryBytes: number
  /** How long a stale answer may stand in for an error where the answer says nothing of it, ms (RFC 5861). */
  staleIfErrorMs: number
}>

export const defaultCacheRules: CacheRules = {
  mode: 'off',
  maxEntryBytes: 1_048_576,
  staleIfErrorMs: 0,
}

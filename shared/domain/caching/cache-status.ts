/** How we are called in `Cache-Status` (RFC 9211). */
const NAME = 'omninode-bridge'

/** Given from the cache; `ttlMs` is negative for what is stale. */
export const hitStatus = (ttlMs: number): string =>
  `${NAME}; hit; ttl=${Number.isFinite(ttlMs) ? Math.floor(ttlMs / 1_000) : 0}`

/** Passed on to the upstream, and why: `bypass`, `method`, `uri-miss`, `vary-miss`, `request`, `stale`. */
export const forwardStatus = (why: string): string => `${NAME}; fwd=${why}`

/** Nothing there, and the caller wants nothing else. */
export const unsatisfiableStatus: string = `${NAME}; detail=only-if-cached`

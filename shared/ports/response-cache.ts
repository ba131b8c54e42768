import type { CacheRequest, ReceivedAnswer, StoredAnswer } from '../domain/caching/message.ts'
import type { CacheRules } from '../domain/caching/rules.ts'
import type { ConditionalHeaders } from '../domain/caching/validation.ts'

/** What a look-up in the cache comes to. `status` is our `Cache-Status` entry (RFC 9211). */
export type CacheLookup =
  /** Answer with it; ask nobody. */
  | Readonly<{ type: 'hit'; answer: StoredAnswer; status: string }>
  /** Answer with it, and ask the upstream beside that, with these headers, when `join` lets you lead. */
  | Readonly<{
      type: 'stale-while-revalidate'
      answer: StoredAnswer
      headers: ConditionalHeaders
      status: string
    }>
  /** Ask the upstream with these headers in the place of the caller's own; a 304 goes to `freshen`. */
  | Readonly<{ type: 'revalidate'; headers: ConditionalHeaders; status: string }>
  /** Ask the upstream as it is; `store` may take the answer. */
  | Readonly<{ type: 'miss'; status: string }>
  /** Ask the upstream as it is; the answer is not for the cache. */
  | Readonly<{ type: 'bypass'; status: string }>
  /** `only-if-cached` and nothing there: 504 (RFC 9111, section 5.2.1.7). */
  | Readonly<{ type: 'unsatisfiable'; status: string }>

/** Whether one asks the upstream for all who want the same now. */
export type Flight =
  /** Ask, and call `land` when the answer is stored, turned out not to be for the cache, or failed. */
  | Readonly<{ leads: true; land: (outcome: 'stored' | 'not-stored' | 'failed') => void }>
  /** Wait, at most as long as the caller would, then look up again; without a hit, ask alone. */
  | Readonly<{ leads: false; landed: Promise<void> }>

/** Keeps answers and gives them again (RFC 9111). In memory; never throws, never waits. */
export interface ResponseCache {
  lookup(request: CacheRequest, rules: CacheRules, nowMs: number): CacheLookup
  /** After a `miss` or `revalidate`: shares one question among all who ask it at once. */
  join(request: CacheRequest, rules: CacheRules): Flight
  /** By an answer's head alone: whether `store` would take it, so its body is worth keeping. */
  storable(request: CacheRequest, answer: Omit<ReceivedAnswer, 'body'>, rules: CacheRules): boolean
  /** Whether it was kept. The body must be whole. */
  store(request: CacheRequest, answer: ReceivedAnswer, rules: CacheRules): boolean
  /**
   * After a 304: the answer to give, its headers renewed and kept so. Undefined when it speaks of
   * nothing that is kept: then the 304 is the caller's own to have, if it asked conditionally.
   */
  freshen(
    request: CacheRequest,
    notModified: Omit<ReceivedAnswer, 'body'>,
    rules: CacheRules,
  ): Readonly<{ answer: StoredAnswer; status: string }> | undefined
  /** What may stand in for an error: no answer, or 500, 502, 503, 504 (RFC 5861, section 4). */
  staleFor(
    request: CacheRequest,
    rules: CacheRules,
    nowMs: number,
  ): Readonly<{ answer: StoredAnswer; status: string }> | undefined
  /** After every answer of the upstream, before `store`: what it replaces or makes invalid goes (RFC 9111, sections 4.3.3 and 4.4). */
  invalidate(request: CacheRequest, answer: Omit<ReceivedAnswer, 'body'>): void
  /** What is in it now. */
  readonly size: Readonly<{ entries: number; bytes: number }>
}

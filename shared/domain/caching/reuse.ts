import { type Directives, requestDirectives, secondsOf } from './cache-control.ts'
import { ageOf, forbidsStale, lifetimeOf } from './freshness.ts'
import type { CacheRequest } from './message.ts'
import type { CacheRules } from './rules.ts'
import type { StoredEntry } from './stored-entry.ts'

/** What an entry is to a request now; `ttlMs` is how long it stays fresh, negative when it is stale. */
export type Reuse = Readonly<{
  type: 'hit' | 'stale-while-revalidate' | 'revalidate'
  /** `request` when the caller wants it so, else `stale`: words of RFC 9211. */
  why?: 'request' | 'stale'
  ttlMs: number
}>

/** Whether an entry that `Vary` selected may answer as it is (RFC 9111, sections 4.2 and 5.2.1; RFC 5861). */
export function reuseOf(entry: StoredEntry, request: CacheRequest, nowMs: number): Reuse {
  const wishes = requestDirectives(request.headers)
  const age = ageOf(entry, nowMs)
  const ttlMs = lifetimeOf(entry) - age
  if (!satisfies(wishes, age, ttlMs)) return { type: 'revalidate', why: 'request', ttlMs }
  if (ttlMs > 0) return { type: 'hit', ttlMs }
  if (!forbidsStale(entry)) {
    const mostStale = wishes.get('max-stale')
    const allowed = mostStale === true ? Number.POSITIVE_INFINITY : ms(wishes, 'max-stale')
    if (mostStale !== undefined && -ttlMs <= allowed) return { type: 'hit', ttlMs }
    const grace = ms(entry.directives, 'stale-while-revalidate')
    if (-ttlMs < grace) return { type: 'stale-while-revalidate', ttlMs }
  }
  return { type: 'revalidate', why: 'stale', ttlMs }
}

/** Whether an entry may stand in for an error (RFC 5861, section 4). */
export function mayStandIn(
  entry: StoredEntry,
  request: CacheRequest,
  rules: CacheRules,
  nowMs: number,
): boolean {
  const wishes = requestDirectives(request.headers)
  if (forbidsStale(entry) || wishes.has('no-cache')) return false
  const grace = Math.max(
    ms(entry.directives, 'stale-if-error'),
    ms(wishes, 'stale-if-error'),
    rules.staleIfErrorMs,
  )
  return ageOf(entry, nowMs) < lifetimeOf(entry) + grace
}

function satisfies(wishes: Directives, age: number, ttlMs: number): boolean {
  if (wishes.has('no-cache')) return false
  if (wishes.has('max-age') && age > ms(wishes, 'max-age')) return false
  return !wishes.has('min-fresh') || ttlMs >= ms(wishes, 'min-fresh')
}

const ms = (directives: Directives, name: string) => (secondsOf(directives, name) ?? 0) * 1_000

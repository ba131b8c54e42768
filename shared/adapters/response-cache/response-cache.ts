import { LRUCache } from 'lru-cache'
import { requestDirectives } from '../../domain/caching/cache-control.ts'
import { forwardStatus, hitStatus, unsatisfiableStatus } from '../../domain/caching/cache-status.ts'
import { withoutFields } from '../../domain/caching/fields.ts'
import { ageOf } from '../../domain/caching/freshness.ts'
import { invalidatedBy } from '../../domain/caching/invalidation.ts'
import { privateKey, sharedKey, targetKey } from '../../domain/caching/keys.ts'
import type { CacheRequest, ReceivedAnswer, StoredAnswer } from '../../domain/caching/message.ts'
import { mayStandIn, reuseOf } from '../../domain/caching/reuse.ts'
import type { CacheRules } from '../../domain/caching/rules.ts'
import { type StoredEntry, toEntry } from '../../domain/caching/stored-entry.ts'
import { bypassReason, scopeFor } from '../../domain/caching/storing.ts'
import {
  concerns,
  conditionsOf,
  freshened,
  isKnownToCaller,
} from '../../domain/caching/validation.ts'
import type { CacheLookup, ResponseCache } from '../../ports/response-cache.ts'
import { cacheEntries } from './entries.ts'
import { alone, flights } from './flights.ts'

export type ResponseCacheOptions = Readonly<{
  /** All entries together. */
  maxBytes: number
  /** Monotonic clock, for what is forgotten after a while. */
  perf?: Readonly<{ now(): number }>
}>

/** Targets of unsafe requests that are remembered, for answers under way while they became invalid. */
const MOST_INVALIDATIONS = 10_000
const nothing = new Uint8Array(0)

/**
 * Answers in the memory of this process, by the rules of RFC 9111, 5861 and 9211. Other processes
 * have their own: what an unsafe request makes invalid here stays there until it is stale.
 */
export function responseCache({
  maxBytes,
  perf = performance,
}: ResponseCacheOptions): ResponseCache {
  const entries = cacheEntries(maxBytes)
  const under = flights(perf)
  const invalidated = new LRUCache<string, number>({ max: MOST_INVALIDATIONS })

  function lookup(request: CacheRequest, rules: CacheRules, nowMs: number): CacheLookup {
    const bypass = bypassReason(request, rules)
    if (bypass !== undefined) return { type: 'bypass', status: forwardStatus(bypass) }
    const entry = entries.find(request, rules)
    const found = entry && use(entry, request, nowMs)
    if (found?.type === 'hit') return found
    if (requestDirectives(request.headers).has('only-if-cached')) {
      return { type: 'unsatisfiable', status: unsatisfiableStatus }
    }
    if (found) return found
    const why = entries.knows(request) ? 'vary-miss' : 'uri-miss'
    return { type: 'miss', status: forwardStatus(why) }
  }

  function use(entry: StoredEntry, request: CacheRequest, nowMs: number): CacheLookup {
    const reuse = reuseOf(entry, request, nowMs)
    const headers = conditionsOf(entry, request)
    if (reuse.type === 'hit') {
      return {
        type: 'hit',
        answer: answerOf(entry, request, nowMs),
        status: hitStatus(reuse.ttlMs),
      }
    }
    if (reuse.type === 'stale-while-revalidate') {
      const answer = answerOf(entry, request, nowMs)
      return {
        ...{ type: reuse.type, answer, status: hitStatus(reuse.ttlMs) },
        headers: headers ?? { 'if-none-match': undefined, 'if-modified-since': undefined },
      }
    }
    const status = forwardStatus(reuse.why ?? 'stale')
    return headers && request.method === 'GET'
      ? { type: 'revalidate', headers, status }
      : { type: 'miss', status }
  }

  function storable(
    request: CacheRequest,
    answer: Omit<ReceivedAnswer, 'body'>,
    rules: CacheRules,
  ): boolean {
    const gone = invalidated.get(targetKey(request.service, request.target))
    if (gone !== undefined && gone >= answer.requestedAt) return false
    return scopeFor(request, answer, rules) !== undefined
  }

  function store(request: CacheRequest, answer: ReceivedAnswer, rules: CacheRules): boolean {
    const scope = scopeFor(request, answer, rules)
    const isKept =
      scope !== undefined &&
      storable(request, answer, rules) &&
      answer.body.byteLength <= rules.maxEntryBytes &&
      entries.put(request, toEntry(request, { ...answer, body: Buffer.from(answer.body) }, scope))
    if (isKept && scope === 'private') under.notePersonal(sharedKey(request))
    if (isKept && scope === 'shared') under.noteShared(sharedKey(request))
    return isKept
  }

  return {
    lookup,
    storable,
    store,
    join(request, rules) {
      const { headers, method } = request
      if (bypassReason(request, rules) !== undefined || method !== 'GET') return alone
      // Its answer may be a 304 of its own; and who wants it from the upstream gets it from there.
      if (headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined) {
        return alone
      }
      if (requestDirectives(headers).size > 0) return alone
      return under.join(sharedKey(request), privateKey(request), perf.now())
    },
    freshen(request, notModified, rules) {
      const entry = entries.find(request, rules)
      if (!entry || !concerns(notModified, entry, request)) return undefined
      const renewed = freshened(entry, notModified)
      entries.remove(request, entry)
      store(request, renewed, rules)
      const answer = answerOf(
        toEntry(request, renewed, entry.scope),
        request,
        notModified.receivedAt,
      )
      return { answer, status: forwardStatus('stale') }
    },
    staleFor(request, rules, nowMs) {
      if (bypassReason(request, rules) !== undefined) return undefined
      const entry = entries.find(request, rules)
      if (!entry || !mayStandIn(entry, request, rules, nowMs)) return undefined
      const { ttlMs } = reuseOf(entry, request, nowMs)
      return { answer: answerOf(entry, request, nowMs), status: hitStatus(ttlMs) }
    },
    invalidate(request, answer) {
      const entry = replaces(request, answer) ? entries.find(request, anyMode) : undefined
      if (entry && entry.answer.requestedAt < answer.requestedAt) entries.remove(request, entry)
      for (const target of invalidatedBy(request, answer)) {
        const key = targetKey(request.service, target)
        invalidated.set(key, answer.receivedAt)
        entries.removeTarget(key)
      }
    },
    get size() {
      return entries.size
    },
  }
}

const anyMode = { mode: 'private' } as const

/** Whether an answer takes the place of one that is kept, even when it is not kept itself (section 4.3.3). */
const replaces = ({ method }: CacheRequest, { status }: Omit<ReceivedAnswer, 'body'>) =>
  method === 'GET' && status < 500 && status !== 304

/** What a 304 says of the answer that the caller has (RFC 9110, section 15.4.5). */
const IN_304 = new Set(['cache-control', 'content-location', 'date', 'etag', 'expires', 'vary'])

function answerOf(entry: StoredEntry, request: CacheRequest, nowMs: number): StoredAnswer {
  const { status, rawHeaders, body } = entry.answer
  const isKnown = isKnownToCaller(entry, request)
  const kept = withoutFields(rawHeaders, (name) => name === 'age' || (isKnown && !IN_304.has(name)))
  return {
    status: isKnown ? 304 : status,
    rawHeaders: [...kept, 'Age', String(Math.floor(ageOf(entry, nowMs) / 1_000))],
    body: isKnown || request.method === 'HEAD' ? nothing : body,
  }
}

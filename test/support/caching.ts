import { responseCache } from '#shared/adapters/response-cache/response-cache.ts'
import type { CacheRequest, ReceivedAnswer } from '#shared/domain/caching/message.ts'
import { type CacheRules, defaultCacheRules } from '#shared/domain/caching/rules.ts'

/** When answers of these tests came, ms. */
export const THEN = Date.parse('2026-11-20T10:00:00.000Z')

export const sharedRules: CacheRules = { ...defaultCacheRules, mode: 'shared' }
export const privateRules: CacheRules = { ...defaultCacheRules, mode: 'private' }

type Headers = Readonly<Record<string, string>>

/** A GET of nobody in particular. */
export function aRequest(headers: Headers = {}, changes: Partial<CacheRequest> = {}): CacheRequest {
  return {
    ...{ service: 'invoices', version: '1.4.0', method: 'GET', target: '/invoices?page=2' },
    caller: undefined,
    headers,
    ...changes,
  }
}

/** What the upstream answered at `THEN`, at once. */
export function anAnswer(
  headers: Headers = {},
  changes: Partial<Omit<ReceivedAnswer, 'body'>> & { body?: string } = {},
): ReceivedAnswer {
  const { body = 'the body', ...rest } = changes
  return {
    ...{ status: 200, requestedAt: THEN, receivedAt: THEN, body: Buffer.from(body) },
    rawHeaders: Object.entries({ Date: new Date(THEN).toUTCString(), ...headers }).flat(),
    ...rest,
  }
}

/** A cache with one answer in it, and what a request some seconds later finds. */
export function aCache(rules: CacheRules = sharedRules, maxBytes = 1_000_000) {
  let clock = 1
  const cache = responseCache({ maxBytes, perf: { now: () => clock } })
  return {
    ...cache,
    get size() {
      return cache.size
    },
    rules,
    /** Lets so many ms go by for what is forgotten. */
    pass: (ms: number) => {
      clock += ms
    },
    keep: (answer: ReceivedAnswer, request = aRequest()) => cache.store(request, answer, rules),
    after: (seconds: number, request = aRequest()) =>
      cache.lookup(request, rules, THEN + seconds * 1_000),
  }
}

/** The value of a raw header. */
export const headerIn = (rawHeaders: readonly string[], name: string): string | undefined =>
  rawHeaders[rawHeaders.findIndex((each, at) => at % 2 === 0 && each.toLowerCase() === name) + 1]

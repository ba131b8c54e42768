import { parseCacheControl, requestDirectives } from './cache-control.ts'
import { fieldOf, membersOf } from './fields.ts'
import type { CacheRequest, ReceivedAnswer } from './message.ts'
import type { CacheRules } from './rules.ts'
import type { Scope } from './stored-entry.ts'

/** Statuses that may be kept without a word on freshness (RFC 9110, section 15.1); 206 is never kept. */
const KEPT_BY_DEFAULT = new Set([200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501])
/** An answer that depends on more request headers than this is hardly ever the same. */
const MOST_VARY = 16

/** Headers of requests for a part or under a condition that only the upstream can judge. */
const CONDITIONS = ['range', 'if-range', 'if-match', 'if-unmodified-since'] as const

/** Why a request has nothing to do with the cache; undefined when it has. Words of RFC 9211. */
export function bypassReason(request: CacheRequest, rules: CacheRules): string | undefined {
  const { method, headers } = request
  if (rules.mode === 'off') return 'bypass'
  if (method !== 'GET' && method !== 'HEAD') return 'method'
  if (CONDITIONS.some((name) => headers[name] !== undefined)) return 'bypass'
  // The answer may depend on the body, which is no part of the key.
  if (headers['transfer-encoding'] !== undefined) return 'bypass'
  if ((headers['content-length'] ?? '0') !== '0') return 'bypass'
  return requestDirectives(headers).has('no-store') ? 'bypass' : undefined
}

/**
 * For whom an answer may be kept (RFC 9111, sections 3 and 3.5), undefined for nobody. Narrower than
 * the RFC where it leaves a choice: no answer with `Set-Cookie`, no error of the upstream's but 501,
 * and nothing that has neither freshness nor a validator. A caller's proof of identity, which the
 * bridge demands of all, counts as `Authorization`, and so does a `Cookie`.
 */
export function scopeFor(
  request: CacheRequest,
  { status, rawHeaders }: Omit<ReceivedAnswer, 'body'>,
  rules: CacheRules,
): Scope | undefined {
  if (request.method !== 'GET' || bypassReason(request, rules) !== undefined) return undefined
  const directives = parseCacheControl(fieldOf(rawHeaders, 'cache-control'))
  if (directives.has('no-store') || !isKeptStatus(status)) return undefined
  if (fieldOf(rawHeaders, 'set-cookie') !== undefined) return undefined
  const vary = membersOf(fieldOf(rawHeaders, 'vary'))
  if (vary.includes('*') || vary.length > MOST_VARY) return undefined

  const isExplicit =
    ['max-age', 's-maxage', 'public', 'private'].some((name) => directives.has(name)) ||
    fieldOf(rawHeaders, 'expires') !== undefined
  const hasValidator = ['etag', 'last-modified'].some(
    (name) => fieldOf(rawHeaders, name) !== undefined,
  )
  if (!isExplicit && !(KEPT_BY_DEFAULT.has(status) && hasValidator)) return undefined

  const isForAll =
    !directives.has('private') &&
    (!isPersonal(request) ||
      ['public', 's-maxage', 'must-revalidate'].some((name) => directives.has(name)))
  if (isForAll) return 'shared'
  return rules.mode === 'private' && request.caller !== undefined ? 'private' : undefined
}

const isKeptStatus = (status: number) =>
  status === 501 || (status >= 200 && status < 500 && status !== 206 && status !== 304)

/** Whether the answer may be meant for whoever asked, unless it says otherwise. */
function isPersonal({ caller, headers }: CacheRequest): boolean {
  return caller !== undefined || headers.authorization !== undefined || headers.cookie !== undefined
}

import { type Refusal, unreadable } from './refusal.ts'

/** Whom a request is for, and what it asks there. */
export type ProxyTarget = Readonly<{
  type: 'target'
  service: string
  /** Path and query behind the service's name, byte for byte; `/` where there is no path. */
  target: string
  /**
   * The same with letters, digits and `-._~` written as themselves (RFC 3986, section 6.2.2.2): what
   * decisions look at, so that `/%61dmin` is judged as the `/admin` that the instance reads.
   */
  judged: string
}>

const PREFIX = '/proxy/'

/** Visible ASCII without what begins a fragment, and without `\`, which some take for `/`. */
const REQUEST_TARGET = /^[!"$-[\]-~]*$/

/** A segment `.` or `..`, also where dots or slashes are escaped (RFC 3986, section 3.3). */
const DOT_SEGMENT = /(?:\/|%2f|%5c)(?:\.|%2e){1,2}(?=\/|%2f|%5c|[;?]|$)/i

const ESCAPED_UNRESERVED = /%(?:2[de]|3\d|4[1-9a-f]|5[0-9af]|6[1-9a-f]|7[0-9ae])/gi

/**
 * Reads `/proxy/{service}/{path}?{query}`. A path with dot segments is refused: the instance may read
 * it as another path than the one whose capability was asked for.
 */
export function readProxyTarget(requestTarget: string): ProxyTarget | Refusal {
  if (!requestTarget.startsWith(PREFIX)) return unreadable(400, 'The path begins with /proxy/.')
  if (!REQUEST_TARGET.test(requestTarget)) {
    return unreadable(400, 'The target has characters that no URI has.')
  }
  const end = serviceEnd(requestTarget)
  const service = requestTarget.slice(PREFIX.length, end)
  const rest = requestTarget.slice(end)
  const target = rest.startsWith('/') ? rest : `/${rest}`
  const queryAt = target.indexOf('?')
  const path = queryAt < 0 ? target : target.slice(0, queryAt)
  if (DOT_SEGMENT.test(path)) return unreadable(400, 'The path has a segment `.` or `..`.')
  return { type: 'target', service, target, judged: judged(path, target) }
}

function serviceEnd(target: string): number {
  for (let at = PREFIX.length; at < target.length; at++) {
    const code = target.charCodeAt(at)
    if (code === SLASH || code === QUESTION_MARK) return at
  }
  return target.length
}

const SLASH = 0x2f
const QUESTION_MARK = 0x3f

function judged(path: string, target: string): string {
  if (!path.includes('%')) return target
  const plain = path.replace(ESCAPED_UNRESERVED, (escaped) => decodeURIComponent(escaped))
  return plain + target.slice(path.length)
}

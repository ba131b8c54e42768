import { fieldOf } from './fields.ts'
import type { CacheRequest, ReceivedAnswer } from './message.ts'

const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
/** Only to tell references within the service from others. */
const BASE = 'http://service.invalid'

/**
 * Targets whose answers are no longer valid after an unsafe request that went well (RFC 9111, section
 * 4.4): its own, and those its answer names in `Location` and `Content-Location` without a host.
 */
export function invalidatedBy(
  { method, target }: CacheRequest,
  { status, rawHeaders }: Omit<ReceivedAnswer, 'body'>,
): readonly string[] {
  if (SAFE.has(method) || status < 200 || status >= 400) return []
  const named = ['location', 'content-location'].flatMap((name) => {
    const reference = fieldOf(rawHeaders, name)
    if (reference === undefined) return []
    const url = URL.parse(reference, BASE + target)
    return url?.origin === BASE ? [url.pathname + url.search] : []
  })
  return [...new Set([target, ...named])]
}

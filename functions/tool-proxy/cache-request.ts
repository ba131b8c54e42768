import type { CacheRequest } from '#shared/domain/caching/message.ts'
import type { ConditionalHeaders } from '#shared/domain/caching/validation.ts'
import type { Outgoing } from './outgoing.ts'
import type { Passage } from './passage.ts'

/** A call as the cache sees it: what goes to the instance, and on whose behalf. */
export function cacheRequest(passage: Passage, { method, rawHeaders }: Outgoing): CacheRequest {
  const { target, principal, route } = passage
  const headers: Record<string, string> = {}
  // Each caller's own credential decides what it may be given, also where it is not passed on.
  if (passage.head.values.authorization !== undefined) {
    headers.authorization = passage.head.values.authorization
  }
  for (let at = 2; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase()
    const value = rawHeaders[at + 1] as string
    if (name === 'authorization') continue
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value
  }
  return {
    service: target.service,
    version: route.version ?? '',
    method,
    target: target.target,
    headers,
    caller: principal && `${principal.kind}:${principal.id}`,
  }
}

const CONDITIONS = new Set(['if-none-match', 'if-modified-since'])

/** A request's headers with the cache's conditions in the place of the caller's own. */
export function conditional(
  rawHeaders: readonly string[],
  conditions: ConditionalHeaders,
): readonly string[] {
  const headers = rawHeaders.filter(
    (_, at) => !CONDITIONS.has((rawHeaders[at - (at % 2)] as string).toLowerCase()),
  )
  for (const name of ['if-none-match', 'if-modified-since'] as const) {
    const value = conditions[name]
    if (value !== undefined) headers.push(name, value)
  }
  return headers
}

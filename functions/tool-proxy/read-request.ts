import { type ProxyTarget, readProxyTarget } from '#shared/domain/proxy/proxy-target.ts'
import { type Refusal, refusal, unreadable } from '#shared/domain/proxy/refusal.ts'
import { type RequestHead, readRequestHead } from '#shared/domain/proxy/request-head.ts'
import type { IncomingCall } from './incoming-call.ts'

/** What API Gateway takes, so that a call which works in one place works in all; bytes. */
export const MOST_BODY_BYTES = 10_485_760

type Read = Readonly<{ type: 'read'; target: ProxyTarget; head: RequestHead }>

/** Reads what a request is for, and refuses what HTTP does not allow. */
export function readRequest({
  method,
  target,
  rawHeaders,
  httpVersion,
}: IncomingCall): Read | Refusal {
  // TRACE shows headers to whoever made the request, those that others added among them.
  if (method === 'TRACE' || method === 'CONNECT') {
    return unreadable(405, `${method} is not passed on.`, ['Allow', ALLOWED])
  }
  const asked = readProxyTarget(target)
  if (asked.type === 'refusal') return asked
  const head = readRequestHead(rawHeaders, httpVersion)
  if (head.type === 'refusal') return head
  if (head.contentLength !== undefined && head.contentLength > MOST_BODY_BYTES) {
    return { ...refusal('too-large', 'A body may have 10 MiB.'), fault: undefined }
  }
  return { type: 'read', target: asked, head }
}

export const ALLOWED = 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'

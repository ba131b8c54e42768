import type { Credential } from '../principal.ts'
import { forwardedElement, type Origin } from './forwarded.ts'
import { HOP_BY_HOP } from './header-rules.ts'
import type { RequestHead } from './request-head.ts'

/** How an instance is told where the body ends. */
export type Framing = 'none' | 'chunked' | number

/** What the bridge says to an instance beside what the caller said. */
export type Onward = Readonly<{
  origin: Origin
  /** Version of HTTP in which the request came, for `Via`. */
  httpVersion: string
  /** What proved who calls: it is not passed on. */
  credential: Credential
  /** The instance's own authority. */
  host: string
  framing: Framing
  correlationId: string
  /** Of the bridge's span. */
  traceparent: string
  /** Whether the caller's trace goes on: `tracestate` belongs to it. */
  traceContinues: boolean
  /** ms since the epoch, where the caller gave none. */
  deadline: number | undefined
  /** In the place of the caller's own; undefined leaves that as it is. */
  baggage: string | undefined
}>

/**
 * The headers of a request as an instance gets them, in the caller's order and case (RFC 9110, section
 * 7.6): without what was for this hop or for the bridge, with `Host` and framing of this side, the
 * caller's trace continued, and `Forwarded`, `X-Forwarded-For` and `Via` longer by one.
 */
export function onwardHeaders(
  rawHeaders: readonly string[],
  head: RequestHead,
  onward: Onward,
): string[] {
  const { names, connection, cookies, values } = head
  const headers = ['Host', onward.host]
  let framed = false
  let cookieAt = -1
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string
    const given = rawHeaders[2 * index] as string
    const value = rawHeaders[2 * index + 1] as string
    // Framing and authority are made anew, whatever the caller's connection calls its own.
    if (connection.length > 0 && connection.includes(name)) continue
    switch (name) {
      case 'host':
      case 'expect':
      case 'max-forwards':
      case 'traceparent':
      case 'x-correlation-id':
        break
      case 'content-length':
        if (typeof onward.framing !== 'number') break
        headers.push(given, String(onward.framing))
        framed = true
        break
      case 'authorization':
      case 'x-api-key':
        if (name !== onward.credential) headers.push(given, value)
        break
      case 'tracestate':
        if (onward.traceContinues) headers.push(given, value)
        break
      case 'baggage':
        if (onward.baggage === undefined) headers.push(given, value)
        break
      case 'cookie':
        // Crumbs come of HTTP/2; in HTTP/1.1 there is one line (RFC 9113, section 8.2.3).
        if (cookieAt >= 0) headers[cookieAt] += `; ${value}`
        else {
          headers.push(given, value)
          if (cookies > 1) cookieAt = headers.length - 1
        }
        break
      default:
        if (!HOP_BY_HOP.has(name)) headers.push(given, value)
    }
  }
  if (onward.framing === 'chunked') headers.push('Transfer-Encoding', 'chunked')
  else if (!framed && typeof onward.framing === 'number') {
    headers.push('Content-Length', String(onward.framing))
  }
  if (onward.baggage !== undefined && onward.baggage !== '') headers.push('baggage', onward.baggage)
  if (values['max-forwards'] !== undefined) {
    headers.push('Max-Forwards', fewerForwards(values['max-forwards']))
  }
  if (onward.deadline !== undefined) headers.push('X-Deadline', String(Math.round(onward.deadline)))
  headers.push(
    'X-Correlation-ID',
    onward.correlationId,
    'traceparent',
    onward.traceparent,
    'Forwarded',
    forwardedElement(onward.origin),
    'X-Forwarded-For',
    onward.origin.address,
    'Via',
    onward.httpVersion === '1.1' ? VIA : `${onward.httpVersion} ${PSEUDONYM}`,
  )
  return headers
}

/** By what name the bridge stands in `Via` (RFC 9110, section 7.6.3). */
export const PSEUDONYM = 'omninode-bridge'
export const VIA = `1.1 ${PSEUDONYM}`

/** One less; what is no number is passed on for the instance to judge (RFC 9110, section 7.6.2). */
function fewerForwards(value: string): string {
  return /^\d{1,9}$/.test(value) ? String(Math.max(Number(value) - 1, 0)) : value
}

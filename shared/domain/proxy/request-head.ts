import { connectionOptions, isFieldValue, isToken, namesHeaders } from './header-rules.ts'
import { type Refusal, unreadable } from './refusal.ts'

/** What the bridge itself reads of a request's headers. */
export type RequestHead = Readonly<{
  type: 'head'
  /** Of each header its name in lower case. */
  names: readonly string[]
  host: string | undefined
  /** bytes; undefined where none is declared. */
  contentLength: number | undefined
  chunked: boolean
  /** Names that `Connection` gives: headers for this hop alone. */
  connection: readonly string[]
  /** It waits for leave to send its body. */
  expectsContinue: boolean
  /** Several lines of one name are one value, joined by commas. */
  values: Readonly<Record<ReadName, string | undefined>>
  cookies: number
}>

/** Headers that are read beside those of the framing. */
export type ReadName =
  | 'accept-version'
  | 'authorization'
  | 'baggage'
  | 'idempotency-key'
  | 'max-forwards'
  | 'traceparent'
  | 'x-api-key'
  | 'x-correlation-id'
  | 'x-deadline'
  | 'x-session-id'

/** More lines than any client sends; Node's own limit drops the rest without a word. */
const MOST_HEADERS = 500
/** RFC 3986, section 3.2: host and port, without user information. */
const AUTHORITY = /^(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/
const LENGTH = /^\d{1,15}$/

type Mutable = { -readonly [Key in keyof RequestHead]: RequestHead[Key] }

/**
 * Reads a request's headers once, and refuses what two readers could read differently: several `Host` or
 * `Content-Length`, a length beside a transfer coding, characters that HTTP does not have (RFC 9112,
 * sections 3.2 and 6.3; RFC 9110, section 5.5).
 */
export function readRequestHead(
  rawHeaders: readonly string[],
  httpVersion: string,
): RequestHead | Refusal {
  if (rawHeaders.length > 2 * MOST_HEADERS)
    return unreadable(431, `More than ${MOST_HEADERS} headers.`)
  const names: string[] = new Array(rawHeaders.length >> 1)
  const values = noValues()
  const head: Mutable = emptyHead(names, values)
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at] as string
    const value = rawHeaders[at + 1] as string
    if (!isToken(given)) return unreadable(400, 'A header has a name that is none.')
    if (!isFieldValue(value)) return unreadable(400, `The header ${given} has a control character.`)
    const name = given.toLowerCase()
    names[at >> 1] = name
    switch (name) {
      case 'host':
        if (head.host !== undefined) return unreadable(400, 'Host is given more than once.')
        if (!AUTHORITY.test(value)) return unreadable(400, 'Host is no host.')
        head.host = value
        break
      case 'content-length':
        if (head.contentLength !== undefined) {
          return unreadable(400, 'Content-Length is given more than once.')
        }
        if (!LENGTH.test(value)) return unreadable(400, 'Content-Length is no length.')
        head.contentLength = Number(value)
        break
      case 'transfer-encoding':
        if (head.chunked) return unreadable(400, 'Transfer-Encoding is given more than once.')
        if (value.toLowerCase() !== 'chunked') {
          return unreadable(501, 'The one transfer coding that is known is chunked.')
        }
        head.chunked = true
        break
      case 'connection':
        if (namesHeaders(value)) head.connection = [...head.connection, ...connectionOptions(value)]
        break
      case 'expect':
        if (value.toLowerCase() !== '100-continue') {
          return unreadable(417, 'The one expectation that is known is 100-continue.')
        }
        head.expectsContinue = httpVersion !== '1.0'
        break
      case 'cookie':
        head.cookies++
        break
      case 'accept-version':
      case 'authorization':
      case 'baggage':
      case 'idempotency-key':
      case 'max-forwards':
      case 'traceparent':
      case 'x-api-key':
      case 'x-correlation-id':
      case 'x-deadline':
      case 'x-session-id': {
        const before = values[name]
        values[name] = before === undefined ? value : `${before},${value}`
        break
      }
    }
  }
  if (!head.chunked) return head
  if (head.contentLength !== undefined) {
    return unreadable(400, 'Content-Length and Transfer-Encoding exclude each other.')
  }
  if (httpVersion === '1.0') return unreadable(400, 'HTTP/1.0 has no transfer codings.')
  return head
}

const NO_NAMES: readonly string[] = []

function noValues(): Record<ReadName, string | undefined> {
  return {
    'accept-version': undefined,
    authorization: undefined,
    baggage: undefined,
    'idempotency-key': undefined,
    'max-forwards': undefined,
    traceparent: undefined,
    'x-api-key': undefined,
    'x-correlation-id': undefined,
    'x-deadline': undefined,
    'x-session-id': undefined,
  }
}

function emptyHead(names: readonly string[], values: RequestHead['values']): Mutable {
  return {
    type: 'head',
    names,
    host: undefined,
    contentLength: undefined,
    chunked: false,
    connection: NO_NAMES,
    expectsContinue: false,
    values,
    cookies: 0,
  }
}

import { connectionOptions, HOP_BY_HOP, namesHeaders } from './header-rules.ts'
import { VIA } from './request-headers.ts'

/** What the bridge says of itself: an instance's own words of these names would be taken for ours. */
const OURS: ReadonlySet<string> = new Set([
  'served-version',
  'x-bridge-instance',
  'x-bridge-stale',
  'x-correlation-id',
  'traceparent',
])

/**
 * An answer's headers as the caller gets them, in the instance's order and case: without what was for
 * the hop between, `Set-Cookie` line by line, with `Via` longer by one, and `own` behind them.
 *
 * @param own names and values in turn; `Server-Timing` and the like are lists that go on.
 */
export function answerHeaders(
  rawHeaders: readonly string[],
  status: number,
  own: readonly string[],
): string[] {
  const headers: string[] = []
  const connection = optionsOf(rawHeaders)
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const given = rawHeaders[at] as string
    const name = given.toLowerCase()
    if (HOP_BY_HOP.has(name) || OURS.has(name)) continue
    if (connection?.includes(name)) continue
    // RFC 9110, section 8.6: a 204 has no length.
    if (name === 'content-length' && status === 204) continue
    headers.push(given, rawHeaders[at + 1] as string)
  }
  headers.push('Via', VIA)
  for (const each of own) headers.push(each)
  return headers
}

/** A 1xx answer's headers; of the bridge's own there are none yet. */
export function informationalHeaders(rawHeaders: readonly string[]): string[] {
  return answerHeaders(rawHeaders, 100, [])
}

function optionsOf(rawHeaders: readonly string[]): readonly string[] | undefined {
  let options: readonly string[] | undefined
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue
    const value = rawHeaders[at + 1] as string
    // What frames the body is this side's own affair, whatever a connection calls its own.
    if (namesHeaders(value)) {
      options = [...(options ?? []), ...connectionOptions(value).filter((each) => !KEPT.has(each))]
    }
  }
  return options
}

const KEPT = new Set(['content-length'])

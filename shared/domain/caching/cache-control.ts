/** Directives of a `Cache-Control` field by lower-case name; true for one without a value. */
export type Directives = ReadonlyMap<string, string | true>

/** One directive: a token, and a token or a quoted string behind `=`. */
const DIRECTIVE = /([!#$%&'*+.^_`|~\w-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s,;"]*)))?/g
/** What delta-seconds beyond it count as (RFC 9111, section 1.2.2). */
const MOST_SECONDS = 2 ** 31
const none: Directives = new Map()

/**
 * Reads `Cache-Control` (RFC 9111, section 5.2): names in any case, values quoted or not. Of a
 * directive that comes twice the smaller number holds, else the first (section 4.2.1).
 */
export function parseCacheControl(field: string | undefined): Directives {
  if (field === undefined) return none
  const directives = new Map<string, string | true>()
  for (const [, name = '', quoted, token] of field.matchAll(DIRECTIVE)) {
    const key = name.toLowerCase()
    const value = quoted?.replace(/\\(.)/g, '$1') ?? token ?? true
    const there = directives.get(key)
    if (there === undefined) directives.set(key, value)
    else if ((secondsIn(value) ?? 0) < (secondsIn(there) ?? 0)) directives.set(key, value)
  }
  return directives
}

/** A directive's delta-seconds; 0 for a value that is none, undefined where it is not there. */
export function secondsOf(directives: Directives, name: string): number | undefined {
  const value = directives.get(name)
  return value === undefined ? undefined : (secondsIn(value) ?? 0)
}

function secondsIn(value: string | true): number | undefined {
  if (value === true || !/^\d+$/.test(value)) return undefined
  return Math.min(Number(value), MOST_SECONDS)
}

/** A request's directives; `Pragma: no-cache` counts where there are none (section 5.4). */
export function requestDirectives(
  headers: Readonly<Record<string, string | undefined>>,
): Directives {
  const field = headers['cache-control']
  if (field === undefined && /\bno-cache\b/i.test(headers.pragma ?? '')) {
    return new Map([['no-cache', true]])
  }
  return parseCacheControl(field)
}

import { secondsOf } from './cache-control.ts'
import { fieldOf } from './fields.ts'
import type { StoredEntry } from './stored-entry.ts'

/**
 * How long an answer is fresh, ms (RFC 9111, section 4.2.1): `s-maxage` where it is kept for all, else
 * `max-age`, else `Expires` less `Date`. Without any it is not: nothing is guessed from `Last-Modified`.
 */
export function lifetimeOf({ scope, directives, answer }: StoredEntry): number {
  if (directives.has('no-cache')) return 0
  const shared = scope === 'shared' ? secondsOf(directives, 's-maxage') : undefined
  const seconds = shared ?? secondsOf(directives, 'max-age')
  if (seconds !== undefined) return seconds * 1_000
  const expires = fieldOf(answer.rawHeaders, 'expires')
  if (expires === undefined) return 0
  const until = Date.parse(expires)
  return Number.isNaN(until) ? 0 : Math.max(0, until - dateOf(answer))
}

/** How old an answer is, ms (section 4.2.3). `Date` and `Age` tell whole seconds, so less is nothing. */
export function ageOf({ answer }: StoredEntry, nowMs: number): number {
  const { requestedAt, receivedAt, rawHeaders } = answer
  const apparent = Math.floor(Math.max(0, receivedAt - dateOf(answer)) / 1_000) * 1_000
  const told = /^\s*(\d+)/.exec(fieldOf(rawHeaders, 'age') ?? '')?.[1]
  const corrected = Number(told ?? 0) * 1_000 + Math.max(0, receivedAt - requestedAt)
  return Math.max(apparent, corrected) + Math.max(0, nowMs - receivedAt)
}

function dateOf({ rawHeaders, receivedAt }: StoredEntry['answer']): number {
  const date = Date.parse(fieldOf(rawHeaders, 'date') ?? '')
  return Number.isNaN(date) ? receivedAt : date
}

/** Whether an answer may never be given stale, whatever others allow (section 4.2.4). */
export function forbidsStale({ scope, directives }: StoredEntry): boolean {
  if (directives.has('must-revalidate') || directives.has('no-cache')) return true
  return scope === 'shared' && (directives.has('proxy-revalidate') || directives.has('s-maxage'))
}

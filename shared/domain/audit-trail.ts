import { hash } from 'node:crypto'
import type { Principal } from './principal.ts'

/** Who changes who may do what; `setup` is the making of the first key. */
export type Author = Pick<Principal, 'id' | 'name'> &
  Readonly<{ kind: Principal['kind'] | 'setup' }>

/** Kinds of changes: the verb of the event `services.lifecycle.<verb>`. */
export type AuditVerb =
  | 'key_created'
  | 'key_revoked'
  | 'role_changed'
  | 'role_removed'
  | 'issuer_changed'
  | 'issuer_removed'
  | 'certificate_changed'
  | 'certificate_removed'

/** A change of access: what it became, without secrets. */
export type AuditedChange = Readonly<{
  type: `services.lifecycle.${AuditVerb}`
  /** RFC 3339 UTC with milliseconds. */
  at: string
  by: Author
  what: Readonly<Record<string, unknown>>
}>

/** A change in its place of the trail, as the data of its event. */
export type TrailEntry = Readonly<{
  /** 1 for the first, then without gaps. */
  entry: number
  at: string
  by: Author
  what: Readonly<Record<string, unknown>>
  /** The digest of the entry before; empty for the first. */
  previous: string
  /** SHA-256, hex, of this entry with `previous`: see `digestOf`. */
  digest: string
}>

/** The last entry of a trail. */
export type TrailEnd = Pick<TrailEntry, 'entry' | 'digest'>

/** Adds a change to a trail. */
export function trailEntry(end: TrailEnd, { type, at, by, what }: AuditedChange): TrailEntry {
  const { kind, id, name } = by
  const open = { entry: end.entry + 1, at, by: { kind, id, name }, what, previous: end.digest }
  return { ...open, digest: digestOf(type, open) }
}

/**
 * Looks through a trail: the number of the first entry that was changed, or that does not follow the one
 * before; undefined when all do. The events must be in order, from any entry on.
 */
export function brokenAt(
  events: readonly Readonly<{ type: string; data: TrailEntry }>[],
): number | undefined {
  let before: TrailEnd | undefined
  for (const { type, data } of events) {
    const { digest, ...open } = data
    const follows =
      before === undefined || (open.entry === before.entry + 1 && open.previous === before.digest)
    if (!follows || digest !== digestOf(type, open)) return open.entry
    before = data
  }
  return undefined
}

function digestOf(type: string, entry: Omit<TrailEntry, 'digest'>): string {
  return hash('sha256', `${type}\n${canonicalJson(entry)}`, 'hex')
}

/** JSON with members in order of their names (as RFC 8785, section 3.2.3), whatever kept it meanwhile. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

/**
 * The attributes that intake stamps on every event. A sender's own extension of such a name is kept
 * as `sent<name>` and given back under its own name.
 */
export const STAMPS: ReadonlySet<string> = new Set([
  'recordedtime',
  'operation',
  'phase',
  'callid',
  'outcome',
  'durationms',
  'redacted',
  'xtypes',
])

const SENT = 'sent'

/** Under which name an extension of a sender is kept. */
export function keptName(name: string): string {
  return STAMPS.has(name) ? SENT + name : name
}

/** The sender's name for an attribute that was kept; undefined for intake's own stamps. */
export function sentName(kept: string): string | undefined {
  if (STAMPS.has(kept)) return undefined
  const name = kept.startsWith(SENT) ? kept.slice(SENT.length) : kept
  return name !== kept && STAMPS.has(name) ? name : kept
}

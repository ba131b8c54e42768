import type { AccessSnapshot, KeyEntry, Role } from '../access.ts'
import { findKey } from '../keys.ts'

export type Admission =
  | Readonly<{ type: 'admitted'; key: KeyEntry }>
  /** Whether a key was `presented` that nobody knows (or knows no more), or none at all. */
  | Readonly<{ type: 'unauthenticated'; presented: boolean }>
  | Readonly<{ type: 'forbidden'; missing: Role }>

/** Decides whether a presented key may do what takes `role`. */
export function authorize(
  snapshot: AccessSnapshot,
  presentedKey: string | undefined,
  role: Role,
  now: Date,
): Admission {
  if (presentedKey === undefined) return { type: 'unauthenticated', presented: false }
  const key = findKey(snapshot, presentedKey, now)
  if (!key) return { type: 'unauthenticated', presented: true }
  return key.roles.includes(role) ? { type: 'admitted', key } : { type: 'forbidden', missing: role }
}

import type { AccessSnapshot, Role } from '#shared/domain/access.ts'
import { newKey } from '#shared/domain/keys.ts'
import type { AccessSnapshots } from '#shared/ports/access-snapshots.ts'

/** A key with these roles, with the snapshot that knows it and headers that present it. */
export function aKeyWith(...roles: Role[]) {
  const { id, key, digest } = newKey()
  const entry = { id, name: 'test', digest, roles }
  const snapshot: AccessSnapshot = { version: 1, keys: [entry], sources: [] }
  return { key, entry, snapshot, headers: { authorization: `Bearer ${key}` } }
}

/** Snapshots that are always these. */
export function fixedSnapshots(snapshot: AccessSnapshot): AccessSnapshots {
  return { current: async () => snapshot }
}

import { openCallers } from '#shared/adapters/callers.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import type { AccessSnapshot, Role } from '#shared/domain/access.ts'
import { newKey } from '#shared/domain/keys.ts'
import type { AccessSnapshots } from '#shared/ports/access-snapshots.ts'
import type { Callers } from '#shared/ports/callers.ts'

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

/** Callers by a snapshot, or by snapshots that may fail; issuers may stand on this machine alone. */
export function callersOf(
  snapshots: AccessSnapshot | AccessSnapshots,
  now: () => Date = () => new Date(),
): Callers {
  return openCallers({
    snapshots: 'current' in snapshots ? snapshots : fixedSnapshots(snapshots),
    networks: upstreamNetworks('127.0.0.0/8,::1/128'),
    now,
  })
}

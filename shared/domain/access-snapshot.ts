import type { AccessSnapshot } from './access.ts'

/** Reads a published snapshot; undefined for text that is none. */
export function parseSnapshot(text: string): AccessSnapshot | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Not JSON is one of the ways not to be a snapshot; the caller denies access.
    return undefined
  }
  const snapshot = value as Partial<AccessSnapshot> | null
  const isSnapshot =
    typeof snapshot?.version === 'number' &&
    Array.isArray(snapshot.keys) &&
    Array.isArray(snapshot.sources)
  return isSnapshot ? (snapshot as AccessSnapshot) : undefined
}

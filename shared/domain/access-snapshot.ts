import type { AccessSnapshot } from './access.ts'

/**
 * Reads a published snapshot; undefined for text that is none. One of a version that knew no roles,
 * issuers or certificates is one without any.
 */
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
    Array.isArray(snapshot.sources) &&
    isListIfAny(snapshot.roles) &&
    isListIfAny(snapshot.issuers) &&
    isListIfAny(snapshot.certificates)
  return isSnapshot ? (snapshot as AccessSnapshot) : undefined
}

const isListIfAny = (value: unknown): boolean => value === undefined || Array.isArray(value)

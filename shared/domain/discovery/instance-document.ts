import { hash } from 'node:crypto'
import { parseTime } from '../time.ts'
import type { Instance, InstanceRef } from './instance.ts'

export type Tools = readonly Readonly<Record<string, unknown>>[]

/** What an instance announces that is too large for the directory, as it is kept beside it. */
export type InstanceDocument = Readonly<{
  /** SHA-256 of the tools' JSON, hex. */
  digest: string
  /** RFC 3339 */
  written_at: string
  tools: Tools
}>

/** The key of meta that has the digest of the instance's document. */
export const DOCUMENT_KEY = 'document'

export function documentOf(tools: Tools, now: Date): InstanceDocument {
  const digest = hash('sha256', JSON.stringify(tools), 'hex')
  return { digest, written_at: now.toISOString(), tools }
}

/** Reads a kept document; undefined for what others wrote there. */
export function parseDocument(text: string): InstanceDocument | undefined {
  try {
    const value = JSON.parse(text) as Partial<InstanceDocument> | null
    const isDocument =
      typeof value?.digest === 'string' &&
      typeof value.written_at === 'string' &&
      Array.isArray(value.tools)
    return isDocument ? (value as InstanceDocument) : undefined
  } catch {
    return undefined
  }
}

/** The instance that a document under `documents/<service>/<id>` belongs to. */
export function ownerOf(key: string): InstanceRef | undefined {
  const [, service, id] = /^documents\/([^/]+)\/([^/]+)$/.exec(key) ?? []
  return service && id ? { service, id } : undefined
}

/** Between writing a document and registering what refers to it, no more than this goes by, ms. */
const PLACING_MS = 600_000

/** Whether nobody refers to a document (any more). */
export function isOrphan(
  document: InstanceDocument,
  owner: Pick<Instance, 'meta'> | undefined,
  now: Date,
): boolean {
  if (owner?.meta[DOCUMENT_KEY] === document.digest) return false
  const writtenAt = (parseTime(document.written_at) ?? 0) / 1_000
  return writtenAt + PLACING_MS < now.getTime()
}

import { isOrphan, ownerOf, parseDocument } from '#shared/domain/discovery/instance-document.ts'
import type { Directory } from '#shared/ports/directory.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'

type Dependencies = Readonly<{
  directory: Pick<Directory, 'instances'>
  keyValue: Pick<KeyValue, 'list' | 'remove'>
}>

/** All documents are read for it: every so many minutes is often enough. */
const EVERY_MINUTES = 10

/**
 * Removes what instances left behind that went without saying so, by themselves or by their check.
 * Does something every tenth minute.
 *
 * @returns how many were removed
 */
export async function sweepDocuments(
  { directory, keyValue }: Dependencies,
  now: Date,
): Promise<number> {
  if (now.getUTCMinutes() % EVERY_MINUTES !== 0) return 0
  let removed = 0
  const instances = new Map<string, Awaited<ReturnType<Directory['instances']>>>()
  for (const { key, value, version } of await keyValue.list('documents/')) {
    const owner = ownerOf(key)
    const document = parseDocument(value)
    if (!owner || !document) continue
    const { service, id } = owner
    const all = instances.get(service) ?? (await directory.instances(service))
    instances.set(service, all)
    const instance = all.find((one) => one.id === id)
    if (isOrphan(document, instance, now) && (await keyValue.remove(key, version))) removed += 1
  }
  return removed
}

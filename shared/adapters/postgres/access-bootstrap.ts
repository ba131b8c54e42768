import { roles } from '../../domain/access.ts'
import { newKey } from '../../domain/keys.ts'
import type { AccessPublisher } from '../../ports/access-snapshots.ts'
import { changeAccess, republishAccess } from './access-publication.ts'
import type { Sql } from './connect.ts'

/**
 * Makes a first key with every role where there is none at all, and publishes the snapshot in any
 * case: it may have been lost, or its last publication cut short.
 *
 * @param keep puts the key where its owner finds it. The key counts only once that is done, so a
 *   crash in between makes another one at the next start instead of a system nobody can enter.
 * @returns the key, to be shown once; undefined when there were keys already.
 */
export async function ensureFirstKey(
  sql: Sql,
  publisher: AccessPublisher,
  now: Date,
  keep: (key: string) => Promise<void> = async () => undefined,
): Promise<string | undefined> {
  const made = await changeAccess(sql, async (tx) => {
    const { id, key, digest } = newKey()
    const { count } = await tx`
      insert into access.key (id, name, digest, roles, created_at)
      select ${id}, 'first key', ${digest}, ${[...roles]}, ${now}
      where not exists (select from access.key)`
    if (count === 0) return { result: undefined, changed: false }
    await keep(key)
    return { result: key, changed: true }
  })
  await republishAccess(sql, publisher)
  return made
}

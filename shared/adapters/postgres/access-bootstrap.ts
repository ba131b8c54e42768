import { roles } from '../../domain/access.ts'
import { newKey } from '../../domain/keys.ts'
import type { AccessBootstrap, FirstKey } from '../../ports/access-bootstrap.ts'
import type { AccessPublisher } from '../../ports/access-snapshots.ts'
import { changeAccess, republishAccess } from './access-publication.ts'
import { noteChange } from './access-trail.ts'
import { ask, type Sql, type Transaction } from './connect.ts'

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
    if (!(await insertFirst(tx, { id, digest, name: 'first key' }, now))) {
      return { result: undefined, changed: false }
    }
    await keep(key)
    return { result: key, changed: true }
  })
  await republishAccess(sql, publisher)
  return made
}

/** The same where someone else made the key and keeps it. */
export function postgresAccessBootstrap(sql: Sql, publisher: AccessPublisher): AccessBootstrap {
  async function preview(first: FirstKey | undefined) {
    const [table] = await ask(sql<{ exists: boolean }[]>`
      select to_regclass('access.key') is not null as exists`)
    if (!table?.exists) return first ? 'made' : 'none'
    const [known] = await ask(sql<{ any: boolean; given: boolean }[]>`
      select exists (select from access.key) as any,
        exists (select from access.key where digest = ${first?.digest ?? ''}) as given`)
    if (known?.given || (first && !known?.any)) return 'made'
    return known?.any ? 'exists' : 'none'
  }

  return {
    preview,
    async admit(first, at) {
      if (first) {
        await changeAccess(sql, async (tx) => ({
          result: undefined,
          changed: await insertFirst(tx, first, at),
        }))
      }
      const outcome = await preview(first)
      await republishAccess(sql, publisher)
      return outcome
    },
  }
}

/** @returns whether it was the first */
async function insertFirst(
  tx: Transaction,
  { id, digest, name }: FirstKey,
  at: Date,
): Promise<boolean> {
  const { count } = await tx`
    insert into access.key (id, name, digest, roles, created_at)
    select ${id}, ${name}, ${digest}, ${[...roles]}, ${at}
    where not exists (select from access.key)`
  if (count === 0) return false
  const by = { kind: 'setup', id: 'setup', name: 'the making of the first key' } as const
  await noteChange(tx, 'key_created', { by, at }, { key: { id, name, roles } })
  return true
}

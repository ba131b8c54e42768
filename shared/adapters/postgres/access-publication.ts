import type { AccessSnapshot, RedactionPolicy, SourceSettings } from '../../domain/access.ts'
import type { AccessPublisher } from '../../ports/access-snapshots.ts'
import type { AccessPublication } from '../../ports/access-store.ts'
import { ask, type Sql, type Transaction } from './connect.ts'

// Any number serves, as long as no other tool of the database takes the same one.
const PUBLISHER_LOCK = 4_206_900_002

/**
 * Changes the access schema in one transaction that, where something changed, makes a snapshot due.
 * Changes wait for each other. Versions run ahead of the clock's milliseconds, so that a database put
 * back from a backup still makes newer ones than it had published.
 */
export async function changeAccess<T>(
  sql: Sql,
  change: (tx: Transaction) => Promise<Readonly<{ result: T; changed: boolean }>>,
): Promise<T> {
  const committed = await ask(
    sql.begin(async (tx) => {
      await tx`select version from access.state for update`
      const done = await change(tx)
      if (done.changed) {
        await tx`
          update access.state
          set version = greatest(version + 1, (extract(epoch from clock_timestamp()) * 1000)::bigint)`
      }
      // Wrapped, since the driver awaits arrays of queries that a transaction answers.
      return { result: done.result }
    }),
  )
  return committed.result as T
}

/** Publishes what `changeAccess` made due; a failed publication stays due in `access.state`. */
export function postgresAccessPublication(sql: Sql, publisher: AccessPublisher): AccessPublication {
  return {
    async publish({ again = false } = {}) {
      if (!again && !(await isDue(sql))) return
      await ask(
        sql.begin(async (tx) => {
          await tx`select pg_advisory_xact_lock(${PUBLISHER_LOCK})`
          const snapshot = await readSnapshot(tx)
          await publisher.publish(snapshot)
          await tx`
            update access.state
            set published_version = greatest(published_version, ${snapshot.version})`
        }),
      )
    },
  }
}

/** Publishes the newest access snapshot once more: a chore that mends failed or lost publications. */
export async function republishAccess(sql: Sql, publisher: AccessPublisher): Promise<void> {
  await postgresAccessPublication(sql, publisher).publish({ again: true })
}

async function isDue(sql: Sql): Promise<boolean> {
  const [state] = await ask(sql<{ due: boolean }[]>`
    select version > published_version as due from access.state`)
  return state?.due ?? false
}

type KeyRow = { id: string; name: string; digest: string; roles: string[]; expires_at: Date | null }
type SourceRow = {
  name: string
  dialect: SourceSettings['dialect']
  topic: string | null
  key_template: string | null
  redact: RedactionPolicy | null
  sealed: string[]
}

/** One statement, so one state of the database. */
async function readSnapshot(tx: Transaction): Promise<AccessSnapshot> {
  const [row] = await tx<SnapshotRow[]>`
    select
      (select version from access.state),
      coalesce((
        select json_agg(json_build_object(
          'id', id, 'name', name, 'digest', digest, 'roles', roles, 'expires_at', expires_at
        ) order by id)
        from access.key
      ), '[]') as keys,
      coalesce((
        select json_agg(json_build_object(
          'name', name, 'dialect', dialect, 'topic', topic,
          'key_template', key_template, 'redact', redact,
          'sealed', array(
            select sealed from access.source_secret
            where source = source.name
            order by created_at desc, fingerprint)
        ) order by name)
        from access.source
      ), '[]') as sources,
      (${entries(tx, 'role')}) as roles,
      (${entries(tx, 'issuer')}) as issuers,
      (${entries(tx, 'certificate')}) as certificates`
  if (!row) throw new Error('a select without from gave no row')
  const { version, keys, sources, ...rights } = row
  return { version, keys: keys.map(toKey), sources: sources.map(toSource), ...rights }
}

type SnapshotRow = { version: number; keys: KeyJson[]; sources: SourceRow[] } & Required<
  Pick<AccessSnapshot, 'roles' | 'issuers' | 'certificates'>
>

/** Entries as they were put, which is as the snapshot has them: see `namedEntries`. */
const entries = (tx: Transaction, table: 'role' | 'issuer' | 'certificate') => tx`
  select coalesce(json_agg(settings || jsonb_build_object('name', name) order by name), '[]')
  from ${tx(`access.${table}`)}`

type KeyJson = Omit<KeyRow, 'expires_at'> & { expires_at: string | null }

function toKey({ id, name, digest, roles, expires_at }: KeyJson): AccessSnapshot['keys'][number] {
  const expiry = expires_at === null ? {} : { expiresAt: new Date(expires_at).toISOString() }
  return { id, name, digest, roles, ...expiry }
}

function toSource({
  name,
  dialect,
  sealed,
  topic,
  key_template,
  redact,
}: SourceRow): SourceSettings {
  return {
    name,
    dialect,
    sealedSecrets: sealed,
    ...(topic === null ? {} : { topic }),
    ...(key_template === null ? {} : { keyTemplate: key_template }),
    ...(redact === null ? {} : { redact }),
  }
}

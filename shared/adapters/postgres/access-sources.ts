import type { RedactionPolicy, SourceSettings } from '../../domain/access.ts'
import type { AccessStore, KeptSource, SecretChange } from '../../ports/access-store.ts'
import { fromCursor, toCursor } from './access-cursor.ts'
import { changeAccess } from './access-publication.ts'
import { ask, type Sql, type Transaction } from './connect.ts'

/** A new secret and the one before it: both work while senders change over. */
const LIVE_SECRETS = 2

type SourceRow = {
  name: string
  dialect: SourceSettings['dialect']
  topic: string | null
  key_template: string | null
  redact: RedactionPolicy | null
  created_at: Date
  updated_at: Date
  secrets: { fingerprint: string; created_at: string }[]
}

/** The sources' half of the access store, in `access.source` and `access.source_secret`. */
export function postgresSources(
  sql: Sql,
): Pick<AccessStore, 'listSources' | 'findSource' | 'putSource' | 'removeSource'> {
  return {
    async listSources({ limit, cursor }) {
      const rows = await ask(sql<SourceRow[]>`
        ${selectSources(sql)}
        where name > ${fromCursor(cursor)}
        order by name
        limit ${limit + 1}`)
      const items = rows.slice(0, limit)
      const last = rows.length > limit ? items.at(-1) : undefined
      return { items: items.map(toKept), next: last ? toCursor(last.name) : null }
    },

    async findSource(name) {
      const [row] = await ask(sql<SourceRow[]>`${selectSources(sql)} where name = ${name}`)
      return row && toKept(row)
    },

    async putSource(settings, secrets, at) {
      return changeAccess(sql, async (tx) => {
        const created = await upsert(tx, settings, at)
        await changeSecrets(tx, settings.name, secrets, at)
        const [row] = await tx<SourceRow[]>`
          ${selectSources(tx)} where name = ${settings.name}`
        return { result: { source: toKept(row as SourceRow), created }, changed: true }
      })
    },

    async removeSource(name) {
      return changeAccess(sql, async (tx) => {
        const { count } = await tx`delete from access.source where name = ${name}`
        return { result: count > 0, changed: count > 0 }
      })
    },
  }
}

const selectSources = (sql: Sql | Transaction) => sql`
  select name, dialect, topic, key_template, redact, created_at, updated_at, coalesce((
    select json_agg(json_build_object('fingerprint', fingerprint, 'created_at', secret.created_at)
      order by secret.created_at desc, fingerprint)
    from access.source_secret secret
    where source = source.name
  ), '[]') as secrets
  from access.source`

async function upsert(
  tx: Transaction,
  { name, dialect, topic, keyTemplate, redact }: Omit<SourceSettings, 'sealedSecrets'>,
  at: Date,
): Promise<boolean> {
  const policy = redact === undefined ? null : tx.json(redact as Parameters<typeof tx.json>[0])
  const [row] = await tx<{ created: boolean }[]>`
    insert into access.source
      (name, dialect, topic, key_template, redact, created_at, updated_at)
    values (${name}, ${dialect}, ${topic ?? null}, ${keyTemplate ?? null}, ${policy}, ${at}, ${at})
    on conflict (name) do update set
      dialect = excluded.dialect,
      topic = excluded.topic,
      key_template = excluded.key_template,
      redact = excluded.redact,
      updated_at = excluded.updated_at
    returning xmax = 0 as created`
  return row?.created ?? false
}

async function changeSecrets(tx: Transaction, source: string, change: SecretChange, at: Date) {
  if (change.type === 'keep') return
  const given = change.type === 'add' ? [change.secret] : change.secrets
  const kept = change.type === 'add' ? LIVE_SECRETS - 1 : 0
  // One given again counts as new; of the others the newest stay, as many as there is room for.
  await tx`
    delete from access.source_secret
    where source = ${source} and fingerprint <> all (array(
      select fingerprint from access.source_secret
      where source = ${source} and fingerprint <> all (${given.map((one) => one.fingerprint)})
      order by created_at desc, fingerprint
      limit ${kept}))`
  await tx`
    insert into access.source_secret (source, sealed, fingerprint, created_at)
    select ${source}, sealed, fingerprint, ${at}
    from unnest(
      ${given.map((one) => one.sealed)}::text[],
      ${given.map((one) => one.fingerprint)}::text[]
    ) as given (sealed, fingerprint)
    on conflict do nothing`
}

function toKept(row: SourceRow): KeptSource {
  return {
    name: row.name,
    dialect: row.dialect,
    ...(row.topic === null ? {} : { topic: row.topic }),
    ...(row.key_template === null ? {} : { keyTemplate: row.key_template }),
    ...(row.redact === null ? {} : { redact: row.redact }),
    secrets: row.secrets.map(({ fingerprint, created_at }) => ({
      fingerprint,
      created_at: new Date(created_at).toISOString(),
    })),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  }
}

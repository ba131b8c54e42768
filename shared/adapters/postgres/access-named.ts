import type {
  KeptEntry,
  NamedEntries,
  PutOutcome,
  RemoveOutcome,
} from '../../ports/access-rights.ts'
import { fromCursor, toCursor } from './access-cursor.ts'
import { changeAccess } from './access-publication.ts'
import { holdersOf, unknownRoles } from './access-role-use.ts'
import { noteChange } from './access-trail.ts'
import { ask, type Sql, type Transaction } from './connect.ts'

type Kind<T> = Readonly<{
  table: 'role' | 'issuer' | 'certificate'
  /** How many there may be, and how large together. */
  most: number
  mostBytes: number
  /** Roles that an entry gives: each has to be there. */
  rolesIn: (entry: T) => readonly string[]
  /** What no two may have in common; null where they may have all. */
  distinguishedBy: (entry: T) => string | null
}>

type Row = { name: string; settings: object; created_at: Date; updated_at: Date }

/** Entries of one kind in a table of the schema `access`. */
export function namedEntries<T extends Readonly<{ name: string }>>(
  sql: Sql,
  kind: Kind<T>,
): NamedEntries<T> {
  const { table, rolesIn, distinguishedBy } = kind
  const select = (on: Sql | Transaction) =>
    on`select name, settings, created_at, updated_at from ${on(`access.${table}`)}`

  async function refusalOf(tx: Transaction, entry: T): Promise<PutOutcome<T> | undefined> {
    const roles = await unknownRoles(tx, rolesIn(entry))
    if (roles.length > 0) return { type: 'unknown-roles', roles }
    const [other] = await tx<{ name: string }[]>`
      select name from ${tx(`access.${table}`)}
      where distinguished_by = ${distinguishedBy(entry)} and name <> ${entry.name}`
    if (other) return { type: 'taken', by: other.name }
    const [used] = await tx<{ count: number; bytes: number }[]>`
      select count(*), coalesce(sum(octet_length(settings::text)), 0)::bigint as bytes
      from ${tx(`access.${table}`)} where name <> ${entry.name}`
    const { count = 0, bytes = 0 } = used ?? {}
    const isFull =
      count >= kind.most || bytes + Buffer.byteLength(JSON.stringify(entry)) > kind.mostBytes
    return isFull ? { type: 'full', room: roomOf(kind) } : undefined
  }

  return {
    async list({ limit, cursor }) {
      const rows = await ask(sql<Row[]>`
        ${select(sql)} where name > ${fromCursor(cursor)} order by name limit ${limit + 1}`)
      const items = rows.slice(0, limit)
      const last = rows.length > limit ? items.at(-1) : undefined
      return { items: items.map((row) => toKept<T>(row)), next: last ? toCursor(last.name) : null }
    },

    async find(name) {
      const [row] = await ask(sql<Row[]>`${select(sql)} where name = ${name}`)
      return row && toKept<T>(row)
    },

    async put(entry, change) {
      return changeAccess<PutOutcome<T>>(sql, async (tx) => {
        const refusal = await refusalOf(tx, entry)
        if (refusal) return { result: refusal, changed: false }
        const { name, ...settings } = entry
        const json = tx.json(settings as Parameters<typeof tx.json>[0])
        const written = await tx<{ created: boolean }[]>`
          insert into ${tx(`access.${table}`)} as kept
            (name, settings, distinguished_by, created_at, updated_at)
          values (${name}, ${json}, ${distinguishedBy(entry)}, ${change.at}, ${change.at})
          on conflict (name) do update set
            settings = excluded.settings,
            distinguished_by = excluded.distinguished_by,
            updated_at = excluded.updated_at
          where kept.settings <> excluded.settings
          returning xmax = 0 as created`
        const changed = written.length > 0
        if (changed) await noteChange(tx, `${table}_changed`, change, { [table]: entry })
        const [row] = await tx<Row[]>`${select(tx)} where name = ${name}`
        const kept = toKept<T>(row as Row)
        return { result: { type: 'put', kept, created: written[0]?.created ?? false }, changed }
      })
    },

    async remove(name, change) {
      return changeAccess<RemoveOutcome>(sql, async (tx) => {
        const holders = table === 'role' ? await holdersOf(tx, name) : []
        if (holders.length > 0) {
          return { result: { type: 'in-use', by: holders }, changed: false }
        }
        const { count } = await tx`delete from ${tx(`access.${table}`)} where name = ${name}`
        if (count === 0) return { result: { type: 'unknown' }, changed: false }
        await noteChange(tx, `${table}_removed`, change, { [table]: { name } })
        return { result: { type: 'removed' }, changed: true }
      })
    },
  }
}

const roomOf = ({ table, most, mostBytes }: Kind<never>) =>
  `There is room for ${most} entries of the kind ${table} and ${mostBytes} bytes of them.`

function toKept<T>({ name, settings, created_at, updated_at }: Row): KeptEntry<T> {
  return {
    // The table holds what `put` was given, and its name apart.
    entry: { name, ...settings } as T,
    created_at: created_at.toISOString(),
    updated_at: updated_at.toISOString(),
  }
}

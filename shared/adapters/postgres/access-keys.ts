import type { KeyEntry } from '../../domain/access.ts'
import type { AccessStore, AddKeyOutcome, KeySummary } from '../../ports/access-store.ts'
import { fromCursor, toCursor } from './access-cursor.ts'
import { changeAccess } from './access-publication.ts'
import { unknownRoles } from './access-role-use.ts'
import { noteChange } from './access-trail.ts'
import { ask, type Sql } from './connect.ts'

type KeyRow = {
  id: string
  name: string
  roles: string[]
  created_at: Date
  expires_at: Date | null
}

/** Everybody who authenticates holds all of them. */
const MAX_KEYS = 20_000

/** The keys' half of the access store, in the table `access.key`. */
export function postgresKeys(sql: Sql): Pick<AccessStore, 'listKeys' | 'addKey' | 'removeKey'> {
  return {
    async listKeys({ limit, cursor }) {
      const rows = await ask(sql<KeyRow[]>`
        select id, name, roles, created_at, expires_at
        from access.key
        where id > ${fromCursor(cursor)}
        order by id
        limit ${limit + 1}`)
      const items = rows.slice(0, limit)
      const last = rows.length > limit ? items.at(-1) : undefined
      return { items: items.map(toSummary), next: last ? toCursor(last.id) : null }
    },

    async addKey({ id, name, digest, roles, expiresAt }: KeyEntry, change) {
      return changeAccess<AddKeyOutcome>(sql, async (tx) => {
        const unknown = await unknownRoles(tx, roles)
        if (unknown.length > 0) {
          return { result: { type: 'unknown-roles', roles: unknown }, changed: false }
        }
        const [row] = await tx<KeyRow[]>`
          insert into access.key (id, name, digest, roles, created_at, expires_at)
          select ${id}, ${name}, ${digest}, ${[...roles]}, ${change.at}, ${expiresAt ?? null}
          where (select count(*) from access.key) < ${MAX_KEYS}
          returning id, name, roles, created_at, expires_at`
        if (!row) {
          const room = `There is room for ${MAX_KEYS} keys: revoke some that nobody needs.`
          return { result: { type: 'full', room }, changed: false }
        }
        const key = toSummary(row)
        await noteChange(tx, 'key_created', change, { key })
        return { result: { type: 'added', key }, changed: true }
      })
    },

    async removeKey(id, change) {
      return changeAccess(sql, async (tx) => {
        const [found] = await tx<{ name: string; last_admin: boolean }[]>`
          select name, 'admin' = any(roles) and not exists (
            select from access.key other
            where other.id <> ${id}
              and 'admin' = any(other.roles)
              and (other.expires_at is null or other.expires_at > ${change.at})
          ) as last_admin
          from access.key
          where id = ${id}`
        if (!found) return { result: 'unknown', changed: false }
        if (found.last_admin) return { result: 'last-admin', changed: false }
        await tx`delete from access.key where id = ${id}`
        await noteChange(tx, 'key_revoked', change, { key: { id, name: found.name } })
        return { result: 'removed', changed: true }
      })
    },
  }
}

function toSummary({ id, name, roles, created_at, expires_at }: KeyRow): KeySummary {
  return {
    id,
    name,
    roles,
    created_at: created_at.toISOString(),
    expires_at: expires_at?.toISOString() ?? null,
  }
}

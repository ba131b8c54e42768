import type { KeyEntry, Role } from '../../domain/access.ts'
import type { AccessStore, KeySummary } from '../../ports/access-store.ts'
import { fromCursor, toCursor } from './access-cursor.ts'
import { changeAccess } from './access-publication.ts'
import { ask, type Sql } from './connect.ts'

type KeyRow = {
  id: string
  name: string
  roles: Role[]
  created_at: Date
  expires_at: Date | null
}

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

    async addKey({ id, name, digest, roles, expiresAt }: KeyEntry, at) {
      const [row] = await changeAccess(sql, async (tx) => {
        const rows = await tx<KeyRow[]>`
          insert into access.key (id, name, digest, roles, created_at, expires_at)
          values (${id}, ${name}, ${digest}, ${[...roles]}, ${at}, ${expiresAt ?? null})
          returning id, name, roles, created_at, expires_at`
        return { result: rows, changed: true }
      })
      return toSummary(row as KeyRow)
    },

    async removeKey(id, at) {
      return changeAccess(sql, async (tx) => {
        const [found] = await tx<{ last_admin: boolean }[]>`
          select 'admin' = any(roles) and not exists (
            select from access.key other
            where other.id <> ${id}
              and 'admin' = any(other.roles)
              and (other.expires_at is null or other.expires_at > ${at})
          ) as last_admin
          from access.key
          where id = ${id}`
        if (!found) return { result: 'unknown', changed: false }
        if (found.last_admin) return { result: 'last-admin', changed: false }
        await tx`delete from access.key where id = ${id}`
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

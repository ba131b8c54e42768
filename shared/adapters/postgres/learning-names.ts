import { digestOf } from '../../domain/patterns/observation.ts'
import type { Sql } from './connect.ts'

const MAX_REMEMBERED = 100_000

/**
 * Numbers for names, given once and remembered. Given outside a batch's transaction: a name that its
 * rollback leaves behind does no harm, and nobody waits for another batch's new names.
 */
export function learningNames(sql: Sql, table: 'patterns.operation' | 'patterns.scope') {
  const known = new Map<string, number>()
  return async (names: Iterable<string>): Promise<ReadonlyMap<string, number>> => {
    if (known.size > MAX_REMEMBERED) known.clear()
    const unknown = new Map<string, string>()
    for (const name of names) if (!known.has(name)) unknown.set(digestOf(name), name)
    if (unknown.size > 0) {
      const digests = [...unknown.keys()]
      await sql`
        insert into ${sql(table)} (digest, name)
        select * from unnest(${digests}::uuid[], ${[...unknown.values()]}::text[]) order by 1
        on conflict do nothing`
      const rows = await sql<{ name: string; id: number }[]>`
        select id, name from ${sql(table)} where digest = any(${digests}::uuid[])`
      for (const { name, id } of rows) known.set(name, id)
    }
    return known
  }
}

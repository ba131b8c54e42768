import { digestOf } from '../../domain/patterns/observation.ts'
import type { Sql } from './connect.ts'

const MAX_REMEMBERED = 100_000

/** Numbers of names as `learningNames` gave them; a name that has none is left out. */
export function knownNames(sql: Sql, table: 'patterns.operation' | 'patterns.scope') {
  const known = new Map<string, number>()
  return async (names: readonly string[]): Promise<ReadonlyMap<string, number>> => {
    if (known.size > MAX_REMEMBERED) known.clear()
    const unknown = names.filter((name) => !known.has(name))
    if (unknown.length > 0) {
      const rows = await sql<{ name: string; id: number }[]>`
        select id, name from ${sql(table)} where digest = any(${unknown.map(digestOf)}::uuid[])`
      for (const { name, id } of rows) known.set(name, id)
    }
    return known
  }
}

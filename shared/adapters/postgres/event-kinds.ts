import type { Recordable } from '../../domain/recording/recordable.ts'
import type { Sql } from './connect.ts'
import { textArray } from './event-array.ts'

type Kind = Readonly<{ source: string; topic: string; type: string }>

const MOST_REMEMBERED = 50_000

const nameOf = ({ source, topic, type }: Kind) => `${source}\n${topic}\n${type}`

const kindOf = ({ event, record }: Recordable): Kind => ({
  source: event.source,
  topic: record.topic,
  type: event.type,
})

/**
 * Numbers for (source, topic, type), given once and remembered. Given outside a batch's transaction:
 * one that a rollback leaves unused does no harm.
 */
export function eventKinds(sql: Sql) {
  const known = new Map<string, number>()
  return async (batch: readonly Recordable[]): Promise<(event: Recordable) => number> => {
    if (known.size > MOST_REMEMBERED) known.clear()
    const missing = new Map<string, Kind>()
    for (const event of batch) {
      const kind = kindOf(event)
      const name = nameOf(kind)
      if (!known.has(name)) missing.set(name, kind)
    }
    if (missing.size > 0) await number(sql, [...missing.values()], known)
    return (event) => known.get(nameOf(kindOf(event))) as number
  }
}

async function number(sql: Sql, kinds: readonly Kind[], known: Map<string, number>) {
  const sources = textArray(kinds, ({ source }) => source)
  const topics = textArray(kinds, ({ topic }) => topic)
  const types = textArray(kinds, ({ type }) => type)
  const named = sql`unnest(${sources}::text::text[], ${topics}::text::text[],
    ${types}::text::text[]) as n (source, topic, type)`
  // Only what is missing is inserted: a refused insert would still use up a number.
  await sql`
    insert into events.kind (source, topic, type)
    select n.* from ${named}
    where not exists (select from events.kind k
      where k.source = n.source and k.topic = n.topic and k.type = n.type)
    order by 1, 2, 3
    on conflict do nothing`
  const rows = await sql<(Kind & { id: number })[]>`
    select k.id, k.source, k.topic, k.type from events.kind k
    join ${named} on k.source = n.source and k.topic = n.topic and k.type = n.type`
  for (const row of rows) known.set(nameOf(row), row.id)
}

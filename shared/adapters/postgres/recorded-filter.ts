import { wordsOf } from '../../domain/recording/words.ts'
import type { EventFilter } from '../../ports/recorded-events.ts'
import type { Sql } from './connect.ts'

/** A filter as the tables know it. */
export type RowFilter = Readonly<{
  /** Numbers of the wanted (source, topic, type); null for all. */
  kinds: readonly number[] | null
  session: string | null
  from: Date | null
  to: Date | null
  words: readonly string[]
}>

/** Looks up what a filter names; undefined when no event can match. */
export async function rowFilter(sql: Sql, filter: EventFilter): Promise<RowFilter | undefined> {
  const { topic, type, source, session = null, from = null, to = null, q = '' } = filter
  // PostgreSQL's texts have no NUL, so nothing that names one was stored.
  if ([topic, type, source, session].some((text) => text?.includes('\0'))) return undefined
  const words = wordsOf(q)
  if (topic === undefined && type === undefined && source === undefined) {
    return { kinds: null, session, from, to, words }
  }
  const rows = await sql<{ id: number }[]>`
    select id from events.kind
    where true
      ${source === undefined ? sql`` : sql`and source = ${source}`}
      ${topic === undefined ? sql`` : sql`and topic = ${topic}`}
      ${type === undefined ? sql`` : sql`and type = ${type}`}`
  return rows.length === 0
    ? undefined
    : { kinds: rows.map(({ id }) => id), session, from, to, words }
}

/** Where a list goes on: own time in microseconds, and sequence number. */
export type Place = readonly [time: number, seq: number]

/** The filter, but for kinds, as conditions on `events.event e`. */
export const conditions = (sql: Sql, filter: RowFilter, after: Place | null) => sql`
  ${filter.session === null ? sql`` : sql`and e.session = ${filter.session}`}
  ${timeConditions(sql, filter, after)}
  ${filter.words.length === 0 ? sql`` : filter.words.map((word) => sql`and e.words like ${`% ${word} %`}`)}`

/** The part that the indexes ending in (time, seq) serve. */
export const timeConditions = (sql: Sql, { from, to }: RowFilter, after: Place | null) => sql`
  ${from === null ? sql`` : sql`and e.time >= ${from}`}
  ${to === null ? sql`` : sql`and e.time < ${to}::timestamptz + interval '1 millisecond'`}
  ${after === null ? sql`` : sql`and (e.time, e.seq) < (${at(sql, after[0])}, ${after[1]}::bigint)`}`

/** Kinds as a condition on `events.event e`. */
export const kindCondition = (sql: Sql, { kinds }: RowFilter) =>
  kinds === null ? sql`` : sql`and e.kind = any(${[...kinds]}::integer[])`

/** A time of microseconds. */
export const at = (sql: Sql, micros: number) =>
  sql`timestamptz 'epoch' + ${micros}::bigint * interval '1 microsecond'`

import { Failure } from '../../errors.ts'
import type { EventFilter, RecordedEvent, RecordedEvents } from '../../ports/recorded-events.ts'
import { ask, type Sql } from './connect.ts'
import { readCursor, writeCursor } from './recorded-cursor.ts'
import {
  conditions,
  kindCondition,
  type Place,
  type RowFilter,
  rowFilter,
} from './recorded-filter.ts'
import { type EventRow, eventColumns, toRecordedEvent } from './recorded-row.ts'
import { search } from './recorded-search.ts'

/** Up to so many kinds each is looked up by itself; more of them match often enough to be met on the way. */
const MOST_SEPARATE_KINDS = 100

const LONGEST_ID = 1_024

/** Reads schema `events`; give it connections to the reader endpoint. */
export function postgresRecordedEvents(sql: Sql): RecordedEvents {
  const list = async (filter: EventFilter, after: Place | null, limit: number) => {
    const wanted = await rowFilter(sql, filter)
    if (!wanted) return []
    if (wanted.words.length > 0 && wanted.session === null) {
      return bySeq(sql, await search(sql, wanted, after, limit))
    }
    const kinds = wanted.kinds?.length ?? 0
    const separately = wanted.session === null && kinds > 0 && kinds <= MOST_SEPARATE_KINDS
    return separately
      ? bySeq(sql, await newestOfKinds(sql, wanted, after, limit))
      : newest(sql, wanted, after, limit)
  }

  return {
    async list(filter, { limit, cursor }) {
      const after = cursor === undefined ? null : readCursor(cursor, 'number')
      const rows = await ask(list(filter, after, limit + 1))
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      const more = rows.length > limit && last !== undefined
      return {
        items: items.map(toRecordedEvent),
        next: more ? writeCursor([last.time, last.seq]) : null,
      }
    },

    async find(id, source) {
      if (id.includes('\0') || source?.includes('\0') || id.length > LONGEST_ID) return []
      const rows = await ask(sql<EventRow[]>`
        select ${eventColumns(sql)} from events.event e join events.kind k on k.id = e.kind
        where e.id = ${id} ${source === undefined ? sql`` : sql`and k.source = ${source}`}
        order by k.source`)
      return rows.map(toRecordedEvent)
    },

    async since(seq, filter, limit) {
      if (!Number.isSafeInteger(seq)) {
        throw new Failure('InvalidInput', 'A sequence number is a whole number.')
      }
      const since = async (): Promise<readonly EventRow[]> => {
        const wanted = await rowFilter(sql, filter)
        if (!wanted) return []
        return sql<EventRow[]>`
          select ${eventColumns(sql)} from events.event e join events.kind k on k.id = e.kind
          where e.seq > ${seq} ${conditions(sql, wanted, null)} ${kindCondition(sql, wanted)}
          order by e.seq
          limit ${limit}`
      }
      return (await ask(since())).map(toRecordedEvent)
    },

    async latest() {
      const [row] = await ask(sql<{ latest: number }[]>`select latest from events.counter`)
      return row?.latest ?? 0
    },
  }
}

function newest(sql: Sql, filter: RowFilter, after: Place | null, limit: number) {
  return sql<EventRow[]>`
    select ${eventColumns(sql)} from (
      select * from events.event e
      where true ${conditions(sql, filter, after)} ${kindCondition(sql, filter)}
      order by e.time desc, e.seq desc
      limit ${limit}
    ) e
    join events.kind k on k.id = e.kind
    order by e.time desc, e.seq desc`
}

async function newestOfKinds(sql: Sql, filter: RowFilter, after: Place | null, limit: number) {
  const rows = await sql<{ seq: number }[]>`
    select e.seq
    from unnest(${[...(filter.kinds ?? [])]}::integer[]) as wanted (kind)
    cross join lateral (
      select e.time, e.seq from events.event e
      where e.kind = wanted.kind ${conditions(sql, filter, after)}
      order by e.time desc, e.seq desc
      limit ${limit}
    ) e
    order by e.time desc, e.seq desc
    limit ${limit}`
  return rows.map(({ seq }) => seq)
}

async function bySeq(sql: Sql, seqs: readonly number[]): Promise<readonly EventRow[]> {
  if (seqs.length === 0) return []
  return sql<EventRow[]>`
    select ${eventColumns(sql)} from events.event e join events.kind k on k.id = e.kind
    where e.seq = any(${[...seqs]}::bigint[])
    order by e.time desc, e.seq desc`
}

/** A session's first events by own time, ties by arrival. */
export async function sessionTimeline(
  sql: Sql,
  session: string,
  limit: number,
): Promise<readonly RecordedEvent[]> {
  const rows = await sql<EventRow[]>`
    select ${eventColumns(sql)} from events.event e join events.kind k on k.id = e.kind
    where e.session = ${session}
    order by e.time, e.recorded_at, e.seq
    limit ${limit}`
  return rows.map(toRecordedEvent)
}

import type { LogRecord } from '../../ports/event-log.ts'
import { ask, type Sql } from './connect.ts'
import { fromBody } from './log-body.ts'

/** What to read: up to `records` records of a partition from an offset on. */
export type FetchRequest = Readonly<{
  topic: string
  partition: number
  partitionId: number
  from: number
  records: number
}>

/** One answer stays below so many bytes per request, unless its first row alone has more. */
const MAX_BYTES = 2 * 1_048_576
const TIMEOUT_MS = 5_000

type Row = { nr: number; base_offset: number; timestamp: number; body: Buffer }

/**
 * Reads several partitions in one round trip. Each answer starts at `from`, or at the first record
 * kept, may have more records than asked for (rows are read whole), and is empty at the end.
 */
export async function fetchRecords(
  sql: Sql,
  requests: readonly FetchRequest[],
): Promise<readonly (readonly LogRecord[])[]> {
  const list = (of: (request: FetchRequest) => number) => `{${requests.map(of).join(',')}}`
  const rows = await ask(
    sql.unsafe<Row[]>(
      FETCH,
      [
        list(({ partitionId }) => partitionId),
        list(({ from }) => from),
        list(({ records }) => records),
      ],
      { prepare: true },
    ),
    TIMEOUT_MS,
  )
  const answers: LogRecord[][] = requests.map(() => [])
  for (const row of rows) {
    const request = requests[row.nr - 1] as FetchRequest
    const { topic, partition, from } = request
    const { timestamp, base_offset: baseOffset } = row
    const answer = answers[row.nr - 1] as LogRecord[]
    for (const record of fromBody(row.body, { topic, partition, timestamp, baseOffset })) {
      if (record.offset >= from) answer.push(record)
    }
  }
  return answers
}

// Offsets are dense, so the rows wanted are a range of the primary key; the row that holds the first
// offset is the last one that begins at or before it.
const FETCH = `
  select
    wanted.nr::integer as nr,
    found.base_offset,
    (extract(epoch from found.appended_at) * 1000)::bigint as timestamp,
    found.body
  from unnest($1::integer[], $2::bigint[], $3::integer[])
    with ordinality as wanted (id, position, records, nr)
  join log.partition p on p.id = wanted.id
  cross join lateral (select greatest(wanted.position, p.first_offset) as position) start
  cross join lateral (
    select b.base_offset, b.appended_at, b.body,
      sum(octet_length(b.body)) over (order by b.base_offset) - octet_length(b.body) as bytes_before
    from log.batch b
    where b.partition_id = wanted.id
      and b.base_offset >= coalesce(
        (
          select holds.base_offset
          from log.batch holds
          where holds.partition_id = wanted.id and holds.base_offset <= start.position
          order by holds.base_offset desc
          limit 1
        ),
        start.position
      )
      and b.base_offset < start.position + wanted.records
      and b.base_offset + b.count > start.position
  ) found
  where found.bytes_before < ${MAX_BYTES}
  order by wanted.nr, found.base_offset`

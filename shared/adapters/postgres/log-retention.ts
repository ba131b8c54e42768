import { ask, type Sql } from './connect.ts'

/** Rows deleted per statement: short enough that it never holds up appends. */
const ROWS_PER_STATEMENT = 2_000
const STATEMENTS_PER_CALL = 50

/**
 * Removes records past their topic's retention, oldest first, at most 100,000 rows a call. A row goes
 * when its youngest record is too old. Groups that had not read them go on behind.
 *
 * @returns how many records went
 * @throws `Unavailable`
 */
export async function expireRecords(sql: Sql, now: Date): Promise<number> {
  let expired = 0
  for (let statement = 0; statement < STATEMENTS_PER_CALL; statement++) {
    const [row] = await ask(sql<{ rows: number; records: number }[]>`
      with old as (
        select b.partition_id, b.base_offset
        from log.partition p
        join log.topic t on t.name = p.topic
        cross join lateral (
          select appended_at
          from log.batch
          where partition_id = p.id
          order by base_offset
          limit 1
        ) head
        cross join lateral (
          select partition_id, base_offset, appended_at
          from log.batch
          where partition_id = p.id
          order by base_offset
          limit ${ROWS_PER_STATEMENT}
        ) b
        cross join lateral (
          select ${now}::timestamptz - t.retention_ms * interval '1 millisecond' as time
        ) cutoff
        where head.appended_at < cutoff.time and b.appended_at < cutoff.time
        limit ${ROWS_PER_STATEMENT}
      ), gone as (
        delete from log.batch b using old
        where b.partition_id = old.partition_id and b.base_offset = old.base_offset
        returning b.partition_id, b.base_offset + b.count as next, b.count
      ), moved as (
        update log.partition p set first_offset = greatest(p.first_offset, g.next)
        from (select partition_id, max(next) as next from gone group by partition_id) g
        where p.id = g.partition_id
      )
      select count(*)::integer as rows, coalesce(sum(count), 0)::integer as records from gone`)
    expired += row?.records ?? 0
    if (!row || row.rows < ROWS_PER_STATEMENT) break
  }
  return expired
}

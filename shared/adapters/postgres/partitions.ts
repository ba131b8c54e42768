import { ask, type Sql } from './connect.ts'

/** Days whose partitions stand ready before they begin. */
const DAYS_AHEAD = 3

/** Recorded events are kept so long, days. */
export const EVENT_RETENTION_DAYS = 30

/** Waiting longer for a table's lock would make everyone else wait behind us, ms. */
const LOCK_TIMEOUT_MS = 2_000

/**
 * Makes the partitions of today and the days to come, and of every day of the retention whose events
 * lie in the default partition.
 *
 * @returns the days made, `YYYY-MM-DD`.
 * @throws `Unavailable` when tables were locked: the next run does it.
 */
export async function makePartitions(sql: Sql, now: Date): Promise<readonly string[]> {
  const making = sql.begin(async (tx) => {
    await tx`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`
    const rows = await tx<{ day: string }[]>`
      with today as (select (${now}::timestamptz at time zone 'UTC')::date as day),
      wanted as (
        select day + ahead as day from today, generate_series(0, ${DAYS_AHEAD}::integer) ahead
        union
        select (recorded_at at time zone 'UTC')::date from events.event_other, today
        where recorded_at >= (day - ${EVENT_RETENTION_DAYS}::integer)::timestamp at time zone 'UTC'
          and recorded_at < (day + ${DAYS_AHEAD + 1}::integer)::timestamp at time zone 'UTC'
      )
      select day::text from (select day, events.make_day(day) as made from wanted) w where made
      order by day`
    return rows.map(({ day }) => day)
  })
  return ask(making as Promise<readonly string[]>)
}

/**
 * Drops the partitions of days past the retention, and what is as old in the default partition.
 *
 * @returns the days dropped, `YYYY-MM-DD`.
 * @throws `Unavailable` when tables were locked: the next run does it.
 */
export async function dropPartitions(sql: Sql, now: Date): Promise<readonly string[]> {
  const dropping = sql.begin(async (tx) => {
    await tx`select set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)`
    const oldest = new Date(now.getTime() - EVENT_RETENTION_DAYS * 86_400_000)
      .toISOString()
      .slice(0, 10)
    const rows = await tx<{ day: string }[]>`
      with old as materialized (
        select to_date(right(c.relname, 8), 'YYYYMMDD') as day
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'events.event'::regclass and c.relname ~ '^event_[0-9]{8}$'
          and to_date(right(c.relname, 8), 'YYYYMMDD') < ${oldest}::date
      )
      select day::text from (select day, events.drop_day(day) as dropped from old) o where dropped
      order by day`
    await tx`
      delete from events.event_other
      where recorded_at < ${oldest}::date::timestamp at time zone 'UTC'`
    return rows.map(({ day }) => day)
  })
  return ask(dropping as Promise<readonly string[]>)
}

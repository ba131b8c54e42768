import { SESSION_LEASE_MS } from '../../domain/sessions/session-changes.ts'
import { ask, type Sql } from './connect.ts'
import { EVENT_RETENTION_DAYS } from './partitions.ts'

const DAY_MS = 86_400_000

const MINUTE_STEPS_KEPT_DAYS = 90
const HOUR_STEPS_KEPT_DAYS = 400

/** Rows a statement may take: what is left waits for the next run. */
const MOST_SESSIONS = 1_000
const MOST_LAPSES = 20_000
const MOST_ROWS = 50_000

const before = (now: Date, ms: number) => new Date(now.getTime() - ms)

/**
 * Lapses sessions that no event came in for as long as the lease.
 *
 * @returns how many.
 * @throws `Unavailable`
 */
export async function lapseSessions(sql: Sql, now: Date): Promise<number> {
  const { count } = await ask(sql`
    update sessions.session set state = 'lapsed'
    where state = 'active' and last_recorded_at < ${before(now, SESSION_LEASE_MS)}
      and id = any(array(
        select id from sessions.session
        where state = 'active' and last_recorded_at < ${before(now, SESSION_LEASE_MS)}
        order by id limit ${MOST_LAPSES}))`)
  return count
}

/**
 * Removes sessions, with their executions, whose last event is past the events' retention; and the
 * executions outside any session that are as old.
 *
 * @returns how many sessions.
 * @throws `Unavailable`
 */
export async function forgetSessions(sql: Sql, now: Date): Promise<number> {
  const oldest = before(now, EVENT_RETENTION_DAYS * DAY_MS)
  const rows = await ask(sql`
    with gone as (
      delete from sessions.session
      where last_recorded_at < ${oldest} and id = any(array(
        select id from sessions.session where last_recorded_at < ${oldest} limit ${MOST_SESSIONS}))
      returning id
    ), sources as (
      delete from sessions.session_source r using gone where r.session = gone.id
    ), executions as (
      delete from sessions.execution e using gone where e.session = gone.id
    )
    select from gone`)
  await ask(sql`
    delete from sessions.execution where session = '' and key = any(array(
      select key from sessions.execution
      where session = '' and recorded_at < ${oldest} limit ${MOST_ROWS}))`)
  return rows.count
}

/**
 * Thins out the counts per operation: minutes go first, then hours; days stay.
 *
 * @returns how many counts went.
 * @throws `Unavailable`
 */
export async function forgetSteps(sql: Sql, now: Date): Promise<number> {
  const { count } = await ask(sql`
    delete from metrics.operation where ctid = any(array(
      select ctid from metrics.operation
      where (step = 1 and start < ${before(now, MINUTE_STEPS_KEPT_DAYS * DAY_MS)})
        or (step = 60 and start < ${before(now, HOUR_STEPS_KEPT_DAYS * DAY_MS)})
      limit ${MOST_ROWS}))`)
  return count
}

import type { LockTerms } from '../../domain/discovery/lock-terms.ts'
import { ask, type Sql } from './connect.ts'
import { ANSWER_MS, channelOf } from './registry-sql.ts'

/** A lock, and who holds it or wants to. */
export type LockRow = Readonly<{ name: string; holder: string; terms: LockTerms }>

/**
 * Takes a lock if it is free and answers its token. The token comes from a counter that one raises at
 * a time, before the lock's row is touched: it is larger than that of every holder before.
 */
export async function takeLock(
  sql: Sql,
  { name, holder, terms }: LockRow,
): Promise<number | undefined> {
  const untilMs = terms.ttlMs + terms.lockDelayMs
  const [row] = await ask(
    sql<{ token: number }[]>`
      with numbered as (
        update registry.revision set latest = latest + 1 where subject = 'lock' returning latest
      )
      insert into registry.lock as known (name, holder, token, lock_delay_ms, free_from)
      select ${name}, ${holder}, latest, ${terms.lockDelayMs},
        clock_timestamp() + ${untilMs} * interval '1 ms'
      from numbered
      on conflict (name) do update set
        holder = excluded.holder,
        token = excluded.token,
        lock_delay_ms = excluded.lock_delay_ms,
        free_from = excluded.free_from
      where known.free_from <= clock_timestamp()
      returning token`,
    ANSWER_MS,
  )
  return row?.token
}

/**
 * Prolongs a lock; false when its holder has it no more. One that ran out is not had, though nobody took
 * it: a statement that was sent before and is done late would keep it from others.
 */
export async function renewLock(
  sql: Sql,
  { name, holder, terms }: LockRow,
  token: number,
): Promise<boolean> {
  const untilMs = terms.ttlMs + terms.lockDelayMs
  const { count } = await ask(
    sql`
      update registry.lock set free_from = clock_timestamp() + ${untilMs} * interval '1 ms'
      where name = ${name} and holder = ${holder} and token = ${token}
        and free_from - lock_delay_ms * interval '1 ms' > clock_timestamp()`,
    ANSWER_MS,
  )
  return count > 0
}

/** Gives a lock back, without its delay; one that another holds is left alone. */
export async function giveBack(sql: Sql, { name, holder }: LockRow): Promise<void> {
  await ask(
    sql`
      with freed as (
        update registry.lock set holder = null, free_from = clock_timestamp()
        where name = ${name} and holder = ${holder}
        returning name
      )
      select count(pg_notify(${channelOf('lock')}, name)) from freed`,
    ANSWER_MS,
  )
}

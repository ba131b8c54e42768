import { ask, type Sql } from './connect.ts'

/**
 * An event that comes again within so many days of being recorded is known. The log keeps records for
 * a week, so none comes again by itself later than that.
 */
const IDENTITY_HORIZON_DAYS = 35

/** Rows a statement may take: what is left waits for the next run. */
const MOST_IDENTITIES = 100_000
const MOST_BLOCKS = 5_000

/**
 * Forgets identities past their horizon.
 *
 * @returns how many.
 * @throws `Unavailable`
 */
export async function forgetIdentities(sql: Sql, now: Date): Promise<number> {
  const oldest = sql`(${now}::timestamptz at time zone 'UTC')::date - ${IDENTITY_HORIZON_DAYS}::integer`
  const { count } = await ask(sql`
    delete from events.identity where key = any(array(
      select key from events.identity where day < ${oldest} limit ${MOST_IDENTITIES}))`)
  await ask(sql`delete from events.conflict where day < ${oldest}`)
  return count
}

/**
 * Drops the word filters of events that are gone.
 *
 * @returns how many.
 * @throws `Unavailable`
 */
export async function forgetWords(sql: Sql): Promise<number> {
  const { count } = await ask(sql`
    delete from events.word_block where last_seq = any(array(
      select last_seq from events.word_block
      where last_seq < (select coalesce(min(seq), 0) from events.event)
      order by last_seq limit ${MOST_BLOCKS}))`)
  return count
}

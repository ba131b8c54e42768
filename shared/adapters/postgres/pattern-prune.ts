import { ask, type Sql } from './connect.ts'

/**
 * Days after which an identity and its step are removed: longer than a record, or a dead letter that
 * is replayed (30 days), can come again.
 */
export const STEP_HORIZON_DAYS = 35

const DAY_MS = 86_400_000

/** Sessions looked at in one sweep; the rest follow in the next ones. */
const SESSIONS_AT_ONCE = 500

/**
 * Removes what is past the horizon: sessions of which nothing was learned since, identities of
 * events without a session, and the steps of long sessions up to a checkpoint. Their counts stay; an
 * event that comes yet later for a removed session begins it anew.
 *
 * @returns steps removed.
 */
export async function pruneSteps(sql: Sql, now: Date): Promise<number> {
  const limit = Math.floor(now.getTime() / DAY_MS) - STEP_HORIZON_DAYS
  const silent = sql.begin(async (tx) => {
    const sessions = await tx<{ key: string }[]>`
      delete from patterns.session where key in (
        select key from patterns.session where day < ${limit}
        order by key limit ${SESSIONS_AT_ONCE} for update skip locked)
      returning key`
    const keys = sessions.map(({ key }) => key)
    if (keys.length === 0) return 0
    await tx`delete from patterns.checkpoint where session = any(${keys}::uuid[])`
    const steps = await tx`delete from patterns.step where session = any(${keys}::uuid[])`
    return steps.count
  })
  const alone = sql`delete from patterns.step where session is null and day < ${limit}`
  return (await ask(silent)) + (await ask(alone)).count + (await ask(pruneLong(sql, limit)))
}

/** Cuts long sessions at their last checkpoint before the first step within the horizon. */
async function pruneLong(sql: Sql, limit: number): Promise<number> {
  return sql.begin(async (tx) => {
    const cut = await tx<{ key: string; at: number; arrival: number; identity: string }[]>`
      select session.key, base.at, base.arrival, base.identity
      from (
        select distinct session from patterns.step where day < ${limit} and session is not null
        limit ${SESSIONS_AT_ONCE}) as old
      join patterns.session on session.key = old.session,
      lateral (
        select coalesce(min(at), ${Number.MAX_SAFE_INTEGER}) as at from patterns.step
        where step.session = old.session and day >= ${limit}) as young,
      lateral (
        select at, arrival, identity from patterns.checkpoint
        where checkpoint.session = old.session and checkpoint.at < young.at
        order by at desc, arrival desc, identity desc limit 1) as base
      where base.at > session.floor
      order by session.key for update of session skip locked`
    let removed = 0
    for (const { key, at, arrival, identity } of cut) {
      // A late step may have removed the checkpoint before the session was ours.
      const { count } = await tx`
        update patterns.session set floor = ${at}
        where key = ${key} and exists (
          select from patterns.checkpoint where session = ${key} and at = ${at}
            and arrival = ${arrival} and identity = ${identity}::uuid)`
      if (count === 0) continue
      await tx`
        delete from patterns.checkpoint where session = ${key}
          and (at, arrival, identity) < (${at}, ${arrival}, ${identity}::uuid)`
      const steps = await tx`
        delete from patterns.step where session = ${key}
          and (at, arrival, identity) <= (${at}, ${arrival}, ${identity}::uuid)`
      removed += steps.count
    }
    return removed
  })
}

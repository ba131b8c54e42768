import type { DueCheck, HealthChecks } from '../../ports/health-checks.ts'
import { ask, connect, type Sql } from './connect.ts'
import { ANSWER_MS, countAndTell, registryOptions, storable } from './registry-sql.ts'

/** Beyond its own time-out a check stays lent so long, ms. */
const LEASE_MARGIN_MS = 5_000
/** A lock that nobody held for so long is forgotten; its tokens go on growing all the same. */
const LOCK_MEMORY = '1 day'
const CLOSE_TIMEOUT_S = 2

/** The checks of the instances in schema `registry`; rows that another watcher has are passed over. */
export function postgresHealthChecks(url: string): HealthChecks {
  const sql = connect(url, registryOptions('health-checks'))
  const answer = <T>(asked: PromiseLike<T>) => ask(asked, ANSWER_MS)

  return {
    async due(limit) {
      const rows = await answer(sql<(DueCheck & { due_at: Date })[]>`
        with due as (
          select service, id, next_check_at as due_at from registry.instance
          where next_check_at <= clock_timestamp()
          order by next_check_at
          limit ${limit}
          for update skip locked
        )
        update registry.instance i set
          lease = i.lease + 1,
          leased_at = clock_timestamp(),
          next_check_at = clock_timestamp() + (i.timeout_ms + ${LEASE_MARGIN_MS}) * interval '1 ms'
        from due where i.service = due.service and i.id = due.id
        returning i.service, i.id, i.check_url as url, i.timeout_ms as "timeoutMs", i.lease, due_at`)
      return rows
        .sort((a, b) => a.due_at.getTime() - b.due_at.getTime())
        .map(({ due_at: _, ...check }) => check)
    },

    async report(results) {
      if (results.length === 0) return
      const found = JSON.stringify(
        results.map((one) => ({
          ...one,
          note: one.condition === 'passing' ? '' : storable(one.note),
        })),
      )
      await answer(sql`
        with found as (
          select * from json_to_recordset(${found}::text::json)
            as found (service text, id text, lease bigint, condition text, note text)
        ),
        before as (
          select i.* from registry.instance i join found using (service, id)
          where i.lease = found.lease and i.leased_at is not null
          order by i.service, i.id
          for update of i
        ),
        saved as (
          update registry.instance i set
            condition = found.condition,
            note = found.note,
            critical_since = case when found.condition = 'critical'
              then coalesce(i.critical_since, clock_timestamp()) end,
            next_check_at = greatest(
              clock_timestamp(), i.leased_at + i.interval_ms * interval '1 ms'),
            leased_at = null
          from before join found using (service, id)
          where i.service = before.service and i.id = before.id
          returning i.service as name,
            (before.condition, before.note) <> (i.condition, i.note) as is_news
        ),
        changed as (select name from saved where is_news),
        ${countAndTell(sql, 'instance')}
        select count(*) from told`)
    },

    async sweep() {
      await answer(expire(sql))
      await answer(remove(sql))
      await answer(sql`
        delete from registry.lock
        where holder is null and free_from < clock_timestamp() - ${LOCK_MEMORY}::interval`)
    },

    close: () => sql.end({ timeout: CLOSE_TIMEOUT_S }),
  }
}

/** What was silent for its TTL is critical from that moment on. */
const expire = (sql: Sql) => sql`
  with late as (
    select service, id from registry.instance
    where expires_at <= clock_timestamp()
    for update skip locked
  ),
  changed as (
    update registry.instance i set
      condition = 'critical',
      note = 'nothing was heard for ' || ttl_ms || ' ms',
      critical_since = coalesce(critical_since, expires_at),
      expires_at = null
    from late where i.service = late.service and i.id = late.id
    returning i.service as name
  ),
  ${countAndTell(sql, 'instance')}
  select count(*) from told`

const remove = (sql: Sql) => sql`
  with late as (
    select service, id from registry.instance
    where critical_since + remove_after_ms * interval '1 ms' <= clock_timestamp()
    for update skip locked
  ),
  changed as (
    delete from registry.instance i
    using late where i.service = late.service and i.id = late.id
    returning i.service as name
  ),
  ${countAndTell(sql, 'instance')}
  select count(*) from told`

import {
  type Condition,
  checkUrl,
  type InstanceRef,
  type Registration,
} from '../../domain/discovery/instance.ts'
import type { Sql } from './connect.ts'
import { countAndTell, storable } from './registry-sql.ts'

/**
 * Adds or replaces an instance. Others are told where something of it is seen to change: saying the
 * same once more is one small write.
 */
export async function putInstance(sql: Sql, registration: Registration): Promise<void> {
  const { service, id, check, ...announced } = registration
  const ttlMs = check.kind === 'ttl' ? check.ttlMs : null
  const http = check.kind === 'http' ? check : undefined
  const url = http ? checkUrl(registration, http) : null
  await sql`
    with before as (
      select *, expires_at <= clock_timestamp() as is_late from registry.instance
      where service = ${service} and id = ${id}
      for update
    ),
    saved as (
      insert into registry.instance as known (
        service, id, announced, check_kind, ttl_ms, check_url, interval_ms, timeout_ms,
        remove_after_ms, condition, note, critical_since, expires_at, next_check_at, lease
      ) values (
        ${service}, ${id}, ${JSON.stringify(announced)}::text::json, ${check.kind}, ${ttlMs}, ${url},
        ${http?.intervalMs ?? null}, ${http?.timeoutMs ?? null}, ${check.removeAfterMs ?? null},
        ${http ? 'critical' : 'passing'}, ${http ? NOT_ASKED : ''},
        ${http ? sql`clock_timestamp()` : null},
        ${http ? null : sql`clock_timestamp() + ${ttlMs}::int * interval '1 ms'`},
        ${http ? sql`clock_timestamp()` : null},
        -- No lease of an instance of that name that was there before is taken for one of this.
        (extract(epoch from clock_timestamp()) * 1000000)::bigint
      )
      on conflict (service, id) do update set
        announced = excluded.announced,
        check_kind = excluded.check_kind,
        ttl_ms = excluded.ttl_ms,
        check_url = excluded.check_url,
        interval_ms = excluded.interval_ms,
        timeout_ms = excluded.timeout_ms,
        remove_after_ms = excluded.remove_after_ms,
        expires_at = excluded.expires_at,
        ${
          http
            ? sql`
        critical_since = case when known.expires_at <= clock_timestamp()
          then coalesce(known.critical_since, known.expires_at) else known.critical_since end,
        condition = case when known.expires_at <= clock_timestamp() then 'critical' else known.condition end,
        next_check_at = case when ${isSameCheck(sql)} then known.next_check_at else excluded.next_check_at end,
        leased_at = case when ${isSameCheck(sql)} then known.leased_at end,
        lease = case when ${isSameCheck(sql)} then known.lease else known.lease + 1 end`
            : sql`
        critical_since = null, condition = 'passing', note = '',
        next_check_at = null, leased_at = null, lease = known.lease + 1`
        }
      returning *
    ),
    changed as (
      select saved.service as name from saved left join before using (service, id)
      where before.id is null or before.is_late
        or (before.announced::text, before.condition, before.note)
          is distinct from (saved.announced::text, saved.condition, saved.note)
    ),
    ${countAndTell(sql, 'instance')}
    select count(*) from told`
}

const NOT_ASKED = 'not asked yet'

/** Whether an instance that announces itself again is asked as before; its time to be asked stays then. */
const isSameCheck = (sql: Sql) => sql`(
  (known.check_url, known.interval_ms, known.timeout_ms)
    is not distinct from (excluded.check_url, excluded.interval_ms, excluded.timeout_ms)
)`

/** Says that an instance lives and how it is; false when none with a TTL check is there. */
export async function renewInstance(
  sql: Sql,
  { service, id }: InstanceRef,
  condition: Condition,
  note: string,
): Promise<boolean> {
  const shown = condition === 'passing' ? '' : storable(note)
  const [row] = await sql<{ found: boolean }[]>`
    with before as (
      select *, expires_at is null or expires_at <= clock_timestamp() as was_late
      from registry.instance
      where service = ${service} and id = ${id} and check_kind = 'ttl'
      for update
    ),
    saved as (
      update registry.instance i set
        condition = ${condition},
        note = ${shown},
        critical_since = ${
          condition === 'critical'
            ? sql`coalesce(i.critical_since,
                case when i.expires_at <= clock_timestamp() then i.expires_at end, clock_timestamp())`
            : null
        },
        expires_at = clock_timestamp() + i.ttl_ms * interval '1 ms'
      from before where i.service = before.service and i.id = before.id
      returning i.service as name,
        before.was_late or (before.condition, before.note) <> (i.condition, i.note) as is_news
    ),
    changed as (select name from saved where is_news),
    ${countAndTell(sql, 'instance')}
    select (select count(*) from told) as told, exists (select from saved) as found`
  return row?.found ?? false
}

/** Removes an instance, if it is there. */
export async function removeInstance(sql: Sql, { service, id }: InstanceRef): Promise<void> {
  await sql`
    with changed as (
      delete from registry.instance where service = ${service} and id = ${id}
      returning service as name
    ),
    ${countAndTell(sql, 'instance')}
    select count(*) from told`
}

/** Takes an instance out of service, or back in without a reason; false when it is not there. */
export async function setMaintenance(
  sql: Sql,
  { service, id }: InstanceRef,
  reason: string | null,
): Promise<boolean> {
  const [row] = await sql<{ found: boolean }[]>`
    with changed as (
      update registry.instance set maintenance = ${reason === null ? null : storable(reason)}
      where service = ${service} and id = ${id}
      returning service as name
    ),
    ${countAndTell(sql, 'instance')}
    select (select count(*) from told) as told, exists (select from changed) as found`
  return row?.found ?? false
}

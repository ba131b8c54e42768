import type { Instance, ListedInstance } from '../../domain/discovery/instance.ts'
import type { Sql } from './connect.ts'
import type { Revised } from './registry-feed.ts'

type Announced = Omit<Instance, 'service' | 'id'>
type Row = { index: number } & (
  | { id: null }
  | (Pick<ListedInstance, 'service' | 'id' | 'health' | 'reason'> & { announced: Announced })
)

/** How the instances of a service are, by id, and of which revision that is. */
export async function readInstances(
  sql: Sql,
  service: string,
): Promise<Revised<readonly ListedInstance[]>> {
  const rows = await sql<Row[]>`
    select
      revision.latest as index, service, id, announced,
      case
        when maintenance is not null then 'maintenance'
        when expires_at <= clock_timestamp() then 'critical'
        else condition
      end as health,
      case
        when maintenance is not null then maintenance
        when expires_at <= clock_timestamp() then 'nothing was heard for ' || ttl_ms || ' ms'
        else note
      end as reason
    from registry.revision
    left join registry.instance on service = ${service}
    where subject = 'instance'
    order by id`
  return {
    index: rows[0]?.index ?? 0,
    value: rows.flatMap((row) => (row.id === null ? [] : [toListed(row)])),
  }
}

function toListed({
  service,
  id,
  announced,
  health,
  reason,
}: Exclude<Row, { id: null }>): ListedInstance {
  return { service, id, ...announced, health, reason }
}

/** The names of services that have instances, and of which revision that is. */
export async function readServices(sql: Sql): Promise<Revised<readonly string[]>> {
  const [row] = await sql<{ index: number; names: string[] }[]>`
    select latest as index, array(
      select distinct service from registry.instance order by service
    ) as names
    from registry.revision
    where subject = 'instance'`
  return { index: row?.index ?? 0, value: row?.names ?? [] }
}

import { Failure } from '../../errors.ts'
import type { LogBrowser } from '../../ports/log-browser.ts'
import { ask, connect } from './connect.ts'
import { fetchRecords } from './log-fetch.ts'

type PartitionRow = { id: number; partition: number; first: number; end: number }

type LagRow = {
  group_name: string
  topic: string
  partition: number
  position: number
  end: number
  oldest_unread: Date | null
}

/** Looks at schema `log` without a group. */
export function postgresLogBrowser(url: string): LogBrowser {
  const sql = connect(url, { applicationName: 'omninode-log-browser' })

  async function partitions(topic: string): Promise<readonly PartitionRow[]> {
    const rows = await ask(sql<PartitionRow[]>`
      select p.id, p.number as partition, p.first_offset as first,
        coalesce(tail.next, p.first_offset) as "end"
      from log.partition p
      left join lateral (
        select b.base_offset + b.count as next
        from log.batch b
        where b.partition_id = p.id
        order by b.base_offset desc
        limit 1
      ) tail on true
      where p.topic = ${topic}
      order by p.number`)
    if (rows.length === 0) throw new Failure('NotFound', `topic ${topic} does not exist`)
    return rows
  }

  return {
    async lag(now) {
      const rows = await ask(sql<LagRow[]>`
        select held.group_name, p.topic, p.number as partition,
          greatest(held.position, p.first_offset) as position,
          coalesce(tail.next, p.first_offset) as "end",
          unread.appended_at as oldest_unread
        from log.position held
        join log.partition p on p.id = held.partition_id
        left join lateral (
          select b.base_offset + b.count as next
          from log.batch b
          where b.partition_id = p.id
          order by b.base_offset desc
          limit 1
        ) tail on true
        left join lateral (
          select b.appended_at
          from log.batch b
          where b.partition_id = p.id
            and b.base_offset + b.count > held.position
            and b.base_offset >= coalesce(
              (
                select holds.base_offset
                from log.batch holds
                where holds.partition_id = p.id and holds.base_offset <= held.position
                order by holds.base_offset desc
                limit 1
              ),
              held.position
            )
          order by b.base_offset
          limit 1
        ) unread on true
        order by held.group_name, p.topic, p.number`)
      return rows.map(({ group_name: group, oldest_unread: oldest, ...row }) => ({
        group,
        topic: row.topic,
        partition: row.partition,
        position: row.position,
        end: row.end,
        oldestUnreadMs: oldest ? Math.max(0, now.getTime() - oldest.getTime()) : 0,
      }))
    },

    async read(topic, partition, from, limit) {
      const found = (await partitions(topic)).find((one) => one.partition === partition)
      if (!found) throw new Failure('NotFound', `topic ${topic} has no partition ${partition}`)
      if (limit < 1) return []
      const [records] = await fetchRecords(sql, [
        { topic, partition, partitionId: found.id, from, records: limit },
      ])
      return records?.slice(0, limit) ?? []
    },

    async bounds(topic) {
      return (await partitions(topic)).map(({ partition, first, end }) => ({
        partition,
        first,
        end,
      }))
    },

    close: () => sql.end({ timeout: 2 }),
  }
}

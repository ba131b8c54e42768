import type { Topic } from '../../domain/topics.ts'
import type { TopicAdmin, TopicChange } from '../../ports/topic-admin.ts'
import { ask, connect, type Sql } from './connect.ts'

/** Keeps topics and partitions as rows of schema `log`. */
export function postgresTopicAdmin(url: string): TopicAdmin {
  const sql = connect(url, { applicationName: 'omninode-topics' })

  return {
    plan: (manifest) => plan(sql, manifest),

    async apply(manifest) {
      const changes = await plan(sql, manifest)
      if (changes.every(({ change }) => change === 'none')) return changes
      const names = manifest.map(({ name }) => name)
      const retentions = manifest.map(({ retentionMs }) => retentionMs)
      const partitions = manifest.map((topic) => topic.partitions)
      await ask(
        sql.begin(async (tx) => {
          // Two that apply side by side would wait for each other's rows in different orders.
          await tx`lock table log.topic in share row exclusive mode`
          await tx`
            insert into log.topic (name, retention_ms)
            select * from unnest(${names}::text[], ${retentions}::bigint[])
            on conflict (name) do update set retention_ms = excluded.retention_ms
            where log.topic.retention_ms <> excluded.retention_ms`
          await tx`
            insert into log.partition (topic, number)
            select wanted.name, number
            from unnest(${names}::text[], ${partitions}::integer[]) as wanted (name, count),
              generate_series(0, wanted.count - 1) as number
            on conflict (topic, number) do nothing`
          // Members of groups look for their new partitions.
          await tx`select pg_notify('log_members', '')`
        }),
      )
      return changes
    },

    close: () => sql.end({ timeout: 2 }),
  }
}

type Row = { name: string; retention_ms: number; partitions: number }

async function plan(sql: Sql, manifest: readonly Topic[]): Promise<readonly TopicChange[]> {
  const [table] = await ask(sql<{ exists: boolean }[]>`
    select to_regclass('log.topic') is not null as exists`)
  if (!table?.exists) return manifest.map(({ name }) => ({ topic: name, change: 'create' }))
  const rows = await ask(sql<Row[]>`
    select name, retention_ms, count(p.id)::integer as partitions
    from log.topic
    left join log.partition p on p.topic = name
    group by name`)
  const known = new Map(rows.map((row) => [row.name, row]))
  return manifest.flatMap(({ name, partitions, retentionMs }): TopicChange[] => {
    const row = known.get(name)
    if (!row) return [{ topic: name, change: 'create' }]
    const changes: TopicChange[] = []
    if (row.partitions < partitions) changes.push({ topic: name, change: 'add-partitions' })
    if (row.retention_ms !== retentionMs) changes.push({ topic: name, change: 'set-retention' })
    return changes.length > 0 ? changes : [{ topic: name, change: 'none' }]
  })
}

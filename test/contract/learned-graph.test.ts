import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresLearnedPatterns } from '#shared/adapters/postgres/learned-patterns.ts'
import { postgresLearning } from '#shared/adapters/postgres/learning.ts'
import type { Observation } from '#shared/domain/patterns/observation.ts'
import { parseTime } from '#shared/domain/time.ts'
import { freshDatabase } from '../support/database.ts'
import { anObservation } from '../support/observations.ts'

const folder = new URL('../../../shared/data/event-logs/', import.meta.url)

type Expected = {
  activities: Record<string, number>
  start_activities: Record<string, number>
  end_activities: Record<string, number>
  dfg: { a: string; b: string; count: number }[]
}

function readLog(name: string): Observation[] {
  const [, ...lines] = readFileSync(new URL(`${name}.csv`, folder), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => {
    const [session, operation, time] = line.trim().split(',') as [string, string, string]
    return anObservation({ session, operation, at: parseTime(time) as number })
  })
}

const counted = (entries: readonly (readonly [string, number])[]) =>
  Object.fromEntries(entries.filter(([, count]) => count > 0))

describe.skipIf(!existsSync(folder))('event logs with known answers (../shared/data)', () => {
  it.each(['running-example', 'receipt'])('learns the graph of %s exactly', async (name) => {
    const sql = connect(await freshDatabase(), { applicationName: 'test' })
    onTestFinished(() => sql.end())
    const learning = postgresLearning(sql)
    const log = readLog(name)
    for (let i = 0; i < log.length; i += 1_000) {
      await learning.learn(log.slice(i, i + 1_000), new Date())
    }
    const expected = JSON.parse(
      readFileSync(new URL(`expected.${name}.json`, folder), 'utf8'),
    ) as Expected
    const { nodes, edges } = await postgresLearnedPatterns(sql).graph()
    expect(counted(nodes.map((n) => [n.operation, n.count]))).toEqual(expected.activities)
    expect(counted(nodes.map((n) => [n.operation, n.starts]))).toEqual(expected.start_activities)
    expect(counted(nodes.map((n) => [n.operation, n.ends]))).toEqual(expected.end_activities)
    expect(counted(edges.map((e) => [`${e.from} -> ${e.to}`, e.count]))).toEqual(
      counted(expected.dfg.map(({ a, b, count }) => [`${a} -> ${b}`, count])),
    )
  })
})

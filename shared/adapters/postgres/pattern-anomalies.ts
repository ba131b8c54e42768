import { type Anomaly, anomalySpan } from '../../domain/patterns/anomaly.ts'
import type { Sql } from './connect.ts'
import { millis } from './learned-graph.ts'
import { type Draft, rounded } from './pattern-draft.ts'

/** Hours after its end from which an anomaly is stale, then retired. */
const STALE_HOURS = 48
const RETIRED_HOURS = 7 * 24

type Row = Omit<Anomaly, 'from' | 'to'> & { from_hour: number; to_hour: number }

/** The anomalies that the last sweep found. */
export async function readAnomalies(sql: Sql, scope: number, newestHour: number): Promise<Draft[]> {
  const rows = await sql<Row[]>`
    select operation, measure, from_hour, to_hour, observed, expected, chance, threshold, support
    from patterns.anomaly where scope = ${scope}`
  return rows.map(({ from_hour: from, to_hour: to, ...row }) => {
    const { begin, end } = anomalySpan({ from, to })
    const value = row.measure === 'latency' ? millis : rounded
    return {
      kind: 'anomaly',
      operations: [row.operation],
      further: [row.measure, String(from)],
      confidence: 1 - row.chance / row.threshold,
      support: row.support,
      evidence: {
        measure: row.measure,
        from: new Date(begin / 1_000).toISOString(),
        to: new Date(end / 1_000).toISOString(),
        observed: value(row.observed),
        expected: value(row.expected),
        unit: row.measure === 'latency' ? 'ms' : 'errors per execution',
        chance: rounded(row.chance),
        threshold: rounded(row.threshold),
      },
      state: stateOf(row, newestHour - to, to > from),
      first: begin,
      last: end,
    }
  })
}

/** An anomaly is confirmed by a second hour, or by a tenth of the chance that makes it one. */
function stateOf(row: Pick<Row, 'chance' | 'threshold'>, age: number, isLong: boolean) {
  if (age >= RETIRED_HOURS) return 'retired'
  if (age >= STALE_HOURS) return 'stale'
  return isLong || row.chance < row.threshold / 10 ? 'confirmed' : 'candidate'
}

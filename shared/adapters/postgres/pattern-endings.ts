import { betaQuantile } from '../../domain/patterns/beta.ts'
import { NOTHING } from '../../domain/patterns/counts.ts'
import { summarise } from '../../domain/patterns/duration.ts'
import { HALF_LIFE_HOURS, periodOfHour, weightOf } from '../../domain/patterns/forgetting.ts'
import { type Look, lifeState } from '../../domain/patterns/life-cycle.ts'
import { merge, unpack } from '../../domain/sketch/packed.ts'
import type { Sql } from './connect.ts'
import { millis } from './learned-graph.ts'
import { type Draft, rounded } from './pattern-draft.ts'

const DOUBT = 4

type Row = {
  operation: number
  periods: number[]
  ok: number[]
  error: number[]
  cancelled: number[]
  timed: number[]
  first: number
  last: number
}

type SketchRow = { operation: number; periods: number[]; sketches: Uint8Array[] }

/** How long operations take, and how often they fail. */
export async function readEndings(sql: Sql, scope: number, newestHour: number): Promise<Draft[]> {
  const newest = periodOfHour(newestHour)
  const [rows, sketches] = await Promise.all([
    sql<Row[]>`
      select operation, array_agg(period order by period) as periods,
        array_agg(ok order by period) as ok, array_agg(error order by period) as error,
        array_agg(cancelled order by period) as cancelled,
        array_agg(timed order by period) as timed, min(first) as first, max(last) as last
      from (
        select operation, floor(hour / ${HALF_LIFE_HOURS}::float8)::integer as period,
          sum(ok)::bigint as ok, sum(error)::bigint as error, sum(cancelled)::bigint as cancelled,
          sum(timed)::bigint as timed, min(first) as first, max(last) as last
        from patterns.pulse where scope = ${scope} group by 1, 2) as by_period
      group by operation`,
    sql<SketchRow[]>`
      select operation, array_agg(period) as periods, array_agg(buckets) as sketches
      from patterns.sketch where scope = ${scope} and next = ${NOTHING} group by operation`,
  ])
  const durations = new Map(sketches.map((row) => [row.operation, row]))
  return rows.flatMap((row) => [
    ...(latency(row, durations.get(row.operation), newest) ?? []),
    ...(failure(row, newest) ?? []),
  ])
}

function latency(row: Row, sketch: SketchRow | undefined, newest: number): Draft[] | undefined {
  const support = sum(row.timed)
  if (!sketch || support <= 0) return undefined
  const summary = summarise(
    merge(
      sketch.sketches.map((bytes, i) => ({
        buckets: unpack(bytes),
        weight: weightOf(sketch.periods[i] ?? newest, newest),
      })),
    ),
  )
  if (!summary) return undefined
  const weight = weighted(row, row.timed, newest)
  // What the median's spread alone says: with it, earlier periods differ by their number only.
  const sharpness = summary.confidence / (weight / (weight + DOUBT))
  const looks = lookBack(row, row.timed, (n) => sharpness * (n / (n + DOUBT)))
  return [
    {
      kind: 'latency',
      operations: [row.operation],
      confidence: summary.confidence,
      support,
      evidence: {
        count: support,
        weighted_count: rounded(weight),
        p50_ms: millis(summary.p50),
        p95_ms: millis(summary.p95),
        p99_ms: millis(summary.p99),
        p50_between_ms: [millis(summary.medianLow), millis(summary.medianHigh)],
      },
      state: lifeState(looks, newest),
      first: row.first,
      last: row.last,
    },
  ]
}

function failure(row: Row, newest: number): Draft[] | undefined {
  const errors = sum(row.error)
  if (errors <= 0) return undefined
  const tried = row.ok.map((ok, i) => ok + (row.error[i] ?? 0))
  const weightedErrors = weighted(row, row.error, newest)
  const weightedTried = weighted(row, tried, newest)
  const { low, high, confidence } = errorRate(weightedErrors, weightedTried)
  let soFar = 0
  const looks = lookBack(row, tried, (n, weightedBy) => {
    soFar = weightedBy(row.error)
    return errorRate(soFar, n).confidence
  })
  return [
    {
      kind: 'failure',
      operations: [row.operation],
      confidence,
      support: sum(tried),
      evidence: {
        errors,
        out_of: sum(tried),
        cancelled: sum(row.cancelled),
        weighted_errors: rounded(weightedErrors),
        weighted_out_of: rounded(weightedTried),
        rate: rounded((weightedErrors + 1) / (weightedTried + 2)),
        rate_between: [rounded(low), rounded(high)],
      },
      state: lifeState(looks, newest),
      first: row.first,
      last: row.last,
    },
  ]
}

/** 90 % interval of the posterior Beta(1 + errors, 1 + successes), and 1 less its width. */
function errorRate(errors: number, tried: number) {
  const low = betaQuantile(0.05, errors + 1, tried - errors + 1)
  const high = betaQuantile(0.95, errors + 1, tried - errors + 1)
  return { low, high, confidence: 1 - (high - low) }
}

type Confidence = (weight: number, weightedBy: (counts: readonly number[]) => number) => number

function lookBack(row: Row, counts: readonly number[], confidenceOf: Confidence): Look[] {
  return row.periods.map((period, i) => {
    const weightedBy = (of: readonly number[]) => weighted(row, of.slice(0, i + 1), period)
    return {
      period,
      seen: counts[i] ?? 0,
      confidence: confidenceOf(weightedBy(counts), weightedBy),
    }
  })
}

function weighted(row: Row, counts: readonly number[], newest: number): number {
  return counts.reduce((total, n, i) => total + n * weightOf(row.periods[i] ?? 0, newest), 0)
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, n) => total + n, 0)
}

import { UNTIMED_BUCKET } from '../../domain/sessions/operation-changes.ts'
import { spansOf } from '../../domain/sessions/operation-window.ts'
import { type BucketCount, quantile } from '../../domain/sketch/ddsketch.ts'
import type { OperationMetrics } from '../../ports/recorded-sessions.ts'
import type { Sql } from './connect.ts'
import { numberArray } from './event-array.ts'

type CellRow = { operation: string; bucket: number; count: number; errors: number }

/** Counts, errors and percentiles (1 % from the true ones) of what began in a window. */
export async function operationMetrics(
  sql: Sql,
  window: Readonly<{ from: Date; to: Date }>,
  source: string | undefined,
): Promise<readonly OperationMetrics[]> {
  const spans = spansOf(window.from, window.to)
  if (spans.length === 0 || source?.includes('\0')) return []
  const rows = await sql<CellRow[]>`
    select o.operation, o.bucket, sum(o.count)::bigint as count, sum(o.errors)::bigint as errors
    from unnest(
      ${numberArray(spans, ({ stepMinutes }) => stepMinutes)}::text::smallint[],
      ${numberArray(spans, ({ from }) => from)}::text::bigint[],
      ${numberArray(spans, ({ to }) => to)}::text::bigint[]) as s (step, since, until)
    join metrics.operation o on o.step = s.step
      and o.start >= timestamptz 'epoch' + s.since * interval '1 millisecond'
      and o.start < timestamptz 'epoch' + s.until * interval '1 millisecond'
    ${source === undefined ? sql`` : sql`where o.source = ${source}`}
    group by o.operation, o.bucket
    order by o.operation, o.bucket`
  const byOperation = Map.groupBy(rows, ({ operation }) => operation)
  return [...byOperation]
    .map(([operation, cells]) => metricsOf(operation, cells))
    .filter(({ count }) => count > 0)
    .sort((a, b) => b.count - a.count || (a.operation < b.operation ? -1 : 1))
}

function metricsOf(operation: string, cells: readonly CellRow[]): OperationMetrics {
  const timed = cells.filter(({ bucket }) => bucket !== UNTIMED_BUCKET)
  return {
    operation,
    count: cells.reduce((sum, { count }) => sum + count, 0),
    errors: cells.reduce((sum, { errors }) => sum + errors, 0),
    p50_ms: percentile(timed, 0.5),
    p90_ms: percentile(timed, 0.9),
    p95_ms: percentile(timed, 0.95),
    p99_ms: percentile(timed, 0.99),
  }
}

/** To three digits after the point: what is left of a microsecond is the sketch's own error. */
function percentile(buckets: readonly BucketCount[], q: number): number | null {
  const micros = quantile(buckets, q)
  return micros === undefined ? null : Math.round(micros) / 1_000
}

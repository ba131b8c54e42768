import { ALONE, NOTHING } from '../../domain/patterns/counts.ts'
import { BEGINNING } from '../../domain/patterns/step.ts'
import { type BucketCount, quantile } from '../../domain/sketch/ddsketch.ts'
import { merge, unpack } from '../../domain/sketch/packed.ts'
import type { Graph } from '../../ports/learned-patterns.ts'
import type { Sql } from './connect.ts'

type CountRow = { c1: number; next: number; count: number }
type SketchRow = { operation: number; next: number; sketches: Uint8Array[] }

/** The directly-follows graph of a scope, busiest first, ties by name. */
export async function readGraph(sql: Sql, scope: number): Promise<Graph> {
  const [counts, sketches] = await Promise.all([
    sql<CountRow[]>`
      select c1, next, sum(count)::bigint as count from patterns.ngram
      where scope = ${scope} and depth in (0, 1) group by c1, next having sum(count) > 0`,
    sql<SketchRow[]>`
      select operation, next, array_agg(buckets) as sketches from patterns.sketch
      where scope = ${scope} and next <> ${NOTHING} group by operation, next`,
  ])
  const names = await namesOf(
    sql,
    counts.map(({ next }) => next),
  )
  const nameOf = (operation: number) => names.get(operation) as string
  const waits = new Map(
    sketches.map((row) => [`${row.operation},${row.next}`, allOf(row.sketches)]),
  )
  const nodes = new Map<number, { count: number; starts: number; ends: number }>()
  const node = (operation: number) => {
    const known = nodes.get(operation)
    if (known) return known
    const made = { count: 0, starts: 0, ends: 0 }
    nodes.set(operation, made)
    return made
  }
  const edges: Graph['edges'][number][] = []
  for (const { c1, next, count } of counts) {
    if (c1 === ALONE) node(next).count += count
    else if (c1 === NOTHING) {
      node(next).count += count
      node(next).ends += count
    } else if (c1 === BEGINNING) node(next).starts += count
    else {
      // What is followed by something is no end.
      node(c1).ends -= count
      const buckets = waits.get(`${c1},${next}`) ?? []
      edges.push({
        from: nameOf(c1),
        to: nameOf(next),
        count,
        p50_ms: millis(quantile(buckets, 0.5)),
        p95_ms: millis(quantile(buckets, 0.95)),
      })
    }
  }
  return {
    nodes: [...nodes]
      .map(([operation, node]) => ({ operation: nameOf(operation), ...node }))
      .sort((a, b) => b.count - a.count || byText(a.operation, b.operation)),
    edges: edges.sort((a, b) => b.count - a.count || byText(a.from, b.from) || byText(a.to, b.to)),
  }
}

/** Names of operations by number. */
export async function namesOf(
  sql: Sql,
  operations: Iterable<number>,
): Promise<ReadonlyMap<number, string>> {
  const wanted = [...new Set(operations)]
  if (wanted.length === 0) return new Map()
  const rows = await sql<{ id: number; name: string }[]>`
    select id, name from patterns.operation where id = any(${wanted}::integer[])`
  return new Map(rows.map(({ id, name }) => [id, name]))
}

/** A sketch over all periods. */
function allOf([first, ...others]: readonly Uint8Array[]): readonly BucketCount[] {
  if (!first) return []
  if (others.length === 0) return unpack(first)
  return merge([first, ...others].map((bytes) => ({ buckets: unpack(bytes), weight: 1 })))
}

/** Milliseconds, to the microsecond. */
export function millis(micros: number | undefined): number {
  return Math.round(micros ?? 0) / 1_000
}

function byText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

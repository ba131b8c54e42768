import { MAX_DEPTH, NOTHING } from '../../domain/patterns/counts.ts'
import { FORGOTTEN_AFTER, HALF_LIFE_HOURS, weightOf } from '../../domain/patterns/forgetting.ts'
import { levelsAfter } from '../../domain/patterns/levels.ts'
import { predict } from '../../domain/patterns/prediction.ts'
import { BEGINNING } from '../../domain/patterns/step.ts'
import { quantile } from '../../domain/sketch/ddsketch.ts'
import { merge, unpack } from '../../domain/sketch/packed.ts'
import type { Prediction } from '../../ports/learned-patterns.ts'
import { arrayText } from './array-text.ts'
import type { Sql } from './connect.ts'
import { millis } from './learned-graph.ts'

/** Weights come as integers: 2^FORGOTTEN_AFTER is an observation of the context's newest period. */
const WEIGHT_ONE = 2 ** FORGOTTEN_AFTER

/** Operations of the empty context that take part; rarer ones do where a longer context knows them. */
const MAX_UNIGRAMS = 256

/** The place of sketches of waits among the depths of the answer's rows. */
const WAIT = 100

/** The place of the newest period likewise. */
const NEWEST = 101

type Row = {
  /** Length of the context; -1 - length: how often the context itself occurred; else see above. */
  depth: number
  /** Name of what followed; a sketch in base64; the newest period. */
  next: string
  /** A sketch's period. */
  weight: number
  count: number
}

/**
 * What follows a tail of operations (numbers, the newest last, `BEGINNING` before the first one of a
 * session), in one query: what followed each context that the tail ends with, how often each of
 * these contexts occurred, and the waits after the last operation.
 *
 * @param isOwn the tail is that of a session: that it ends there so far is not counted as an end.
 */
export async function readPrediction(
  sql: Sql,
  scope: number,
  tail: readonly number[],
  isOwn: boolean,
): Promise<Prediction> {
  const latestFirst = tail.slice(-MAX_DEPTH).toReversed()
  const wanted = wantedContexts(latestFirst)
  const column = (i: number) => arrayText(wanted, (row) => row[i] ?? 'null')
  const latest = latestFirst[0] ?? NOTHING
  const rows = await sql<Row[]>`
    with newest as (
      select floor(newest / ${HALF_LIFE_HOURS}::float8)::integer as current
      from patterns.scope where id = ${scope}),
    wanted (depth, c1, c2, c3, c4, just) as (
      select * from unnest(
        ${column(0)}::text::integer[], ${column(1)}::text::integer[],
        ${column(2)}::text::integer[], ${column(3)}::text::integer[],
        ${column(4)}::text::integer[], ${column(5)}::text::integer[])),
    found as (
      select wanted.depth, ngram.next, count, period,
        max(period) filter (where count > 0) over (partition by wanted.depth) as latest
      from wanted join patterns.ngram on ngram.scope = ${scope}
        and ngram.c1 = wanted.c1 and ngram.c2 = wanted.c2 and ngram.c3 = wanted.c3
        and ngram.c4 = wanted.c4 and (wanted.just is null or ngram.next = wanted.just)),
    followers as (
      select depth, next, sum(count)::bigint as count,
        sum(patterns.weigh(count, least(latest, current) - period))::bigint as weight
      from found, newest group by depth, next having sum(count) > 0)
    select depth, next, weight, count from (
      select depth, name as next, weight, count,
        row_number() over (partition by depth order by weight desc, name) as rank
      from followers join patterns.operation on id = next) as ranked
    where depth <> 0 or rank <= ${MAX_UNIGRAMS}
    union all select ${NEWEST}::integer, current::text, 0, 0 from newest
    union all
    select ${WAIT}::integer, encode(buckets, 'base64'), period, 0
    from patterns.sketch
    where scope = ${scope} and operation = ${latest} and next <> ${NOTHING}`
  return predictionOf(rows, tail, isOwn)
}

type Wanted = readonly [
  depth: number,
  ...context: readonly [number, number, number, number],
  just: number | null,
]

/** The contexts that a tail ends with, and those before its latest operation, followed by just it. */
function wantedContexts(latestFirst: readonly number[]): readonly Wanted[] {
  const [latest = NOTHING] = latestFirst
  const wanted: Wanted[] = [
    [0, ...padded([]), null],
    [-1, ...padded([BEGINNING]), null],
  ]
  for (let depth = 1; depth <= latestFirst.length; depth++) {
    wanted.push([depth, ...padded(latestFirst.slice(0, depth)), null])
    wanted.push([-1 - depth, ...padded(latestFirst.slice(1, depth)), latest])
  }
  return wanted
}

function padded([c1 = NOTHING, c2 = NOTHING, c3 = NOTHING, c4 = NOTHING]: readonly number[]) {
  return [c1, c2, c3, c4] as const
}

function predictionOf(rows: readonly Row[], tail: readonly number[], isOwn: boolean): Prediction {
  const byDepth = new Map<number, Row[]>()
  for (const row of rows) {
    const known = byDepth.get(row.depth)
    if (known) known.push(row)
    else byDepth.set(row.depth, [row])
  }
  const newest = Number(byDepth.get(NEWEST)?.[0]?.next ?? 0)
  const levels = levelsAfter<string>(
    tail,
    {
      followers: (depth) =>
        (byDepth.get(depth) ?? []).map(({ next, weight, count }) => ({
          next,
          weight: weight / WEIGHT_ONE,
          count,
        })),
      occurred: (depth) =>
        (byDepth.get(-1 - depth) ?? []).reduce((sum, { count }) => sum + count, 0),
    },
    isOwn,
  )
  const { items, nothing, contextUsed } = predict(levels)
  return {
    items,
    nothing_probability: nothing,
    context_used: contextUsed,
    expected_wait_ms: waitOf(byDepth.get(WAIT) ?? [], newest),
  }
}

function waitOf(rows: readonly Row[], newest: number): Prediction['expected_wait_ms'] {
  const latest = rows.reduce(
    (max, { weight: period }) => Math.max(max, period),
    Number.MIN_SAFE_INTEGER,
  )
  const sketches = rows.map(({ next, weight: period }) => ({
    buckets: unpack(Buffer.from(next, 'base64')),
    weight: weightOf(period, Math.min(latest, newest)),
  }))
  const buckets = merge(sketches)
  const p50 = quantile(buckets, 0.5)
  const p95 = quantile(buckets, 0.95)
  return p50 === undefined || p95 === undefined ? null : { p50: millis(p50), p95: millis(p95) }
}

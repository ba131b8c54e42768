import { periodOfHour } from '../../domain/patterns/forgetting.ts'
import { assessShare, type Tally } from '../../domain/patterns/share.ts'
import type { Sql } from './connect.ts'
import { type Draft, rounded } from './pattern-draft.ts'

/** Most frequent ones that are looked at, by length of the context. */
const MOST = [0, 500, 250, 250, 250]

/** A single time is no pattern. */
const MIN_SUPPORT = 2

type Row = {
  c1: number
  c2: number
  c3: number
  c4: number
  next: number
  depth: number
  periods: number[]
  seen: number[]
  chances: number[]
  first: number
  last: number
}

/** What often follows what: transitions (depth 1) and sequences (2 to 4), by frequency. */
export async function readSequences(
  sql: Sql,
  scope: number,
  newestHour: number,
  depths: readonly number[],
): Promise<Draft[]> {
  const newest = periodOfHour(newestHour)
  const rows = await sql<Row[]>`
    with frequent as (
      select distinct c1, c2, c3, c4, next, depth
      from unnest(${[...depths]}::integer[], ${depths.map((d) => MOST[d] ?? 0)}::integer[])
        as asked (length, most),
        lateral (
          select c1, c2, c3, c4, next, depth from patterns.ngram
          where scope = ${scope} and depth = asked.length and count > 0
            and level >= case when asked.length = 1 then 0 else 2 end
            and (depth <= 1 or level >= 2)
            and c1 > 0 and c2 <> 0 and c3 <> 0 and c4 <> 0
          order by level desc limit asked.most) as top)
    select c1, c2, c3, c4, next, depth, array_agg(period order by period) as periods,
      array_agg(seen order by period) as seen, array_agg(chances order by period) as chances,
      min(first) as first, max(last) as last
    from frequent, lateral (
      select period, sum(seen)::bigint as seen, sum(chances)::bigint as chances,
        min(first) filter (where seen > 0) as first, max(last) filter (where seen > 0) as last
      from (
        select period, count as seen, 0::bigint as chances, first, last from patterns.ngram
        where scope = ${scope} and c1 = frequent.c1 and c2 = frequent.c2 and c3 = frequent.c3
          and c4 = frequent.c4 and next = frequent.next
        union all
        select period, 0, count, null, null from patterns.ngram
        where scope = ${scope} and c1 = frequent.c2 and c2 = frequent.c3 and c3 = frequent.c4
          and c4 = -1 and next = frequent.c1) as both_counts
      group by period) as by_period
    group by c1, c2, c3, c4, next, depth`
  return rows.flatMap((row) => draft(row, newest) ?? [])
}

function draft(row: Row, newest: number): Draft | undefined {
  const tallies = row.periods.map(
    (period, i): Tally => ({
      period,
      seen: row.seen[i] ?? 0,
      chances: row.chances[i] ?? 0,
    }),
  )
  const { seen, chances, support, confidence, state } = assessShare(tallies, newest)
  if (support < MIN_SUPPORT) return undefined
  const operations = [row.c4, row.c3, row.c2, row.c1].filter((operation) => operation > 0)
  return {
    kind: row.depth === 1 ? 'transition' : 'sequence',
    operations: [...operations, row.next],
    confidence,
    support,
    evidence: {
      count: support,
      out_of: tallies.reduce((sum, tally) => sum + tally.chances, 0),
      weighted_count: rounded(seen),
      weighted_out_of: rounded(chances),
      probability: rounded(Math.min(1, seen / Math.max(chances, seen, Number.MIN_VALUE))),
    },
    state,
    first: row.first,
    last: row.last,
  }
}

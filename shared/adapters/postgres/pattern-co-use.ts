import { TOGETHER, TOGETHER_DEPTH } from '../../domain/patterns/counts.ts'
import { periodOfHour } from '../../domain/patterns/forgetting.ts'
import { assessShare, type Tally } from '../../domain/patterns/share.ts'
import { BEGINNING } from '../../domain/patterns/step.ts'
import type { Sql } from './connect.ts'
import { type Draft, rounded } from './pattern-draft.ts'

const MOST = 500
const MIN_SUPPORT = 2

type Row = {
  one: number
  other: number
  periods: number[]
  counts: number[]
  first: number
  last: number
}

/** Operations that sessions use together more often than by chance. */
export async function readCoUse(sql: Sql, scope: number, newestHour: number): Promise<Draft[]> {
  const newest = periodOfHour(newestHour)
  const rows = await sql<Row[]>`
    with frequent as (
      select distinct c1, c2, next from (
        select c1, c2, next from patterns.ngram
        where scope = ${scope} and depth = ${TOGETHER_DEPTH} and count > 0 and c1 <> next
        order by level desc limit ${MOST}) as top
      union select c1, c2, next from patterns.ngram
        where scope = ${scope} and depth = ${TOGETHER_DEPTH} and c1 = next
      union select c1, c2, next from patterns.ngram
        where scope = ${scope} and depth = 1 and c1 = ${BEGINNING})
    select c1 as one, next as other, array_agg(period order by period) as periods,
      array_agg(count order by period) as counts, min(first) as first, max(last) as last
    from frequent join patterns.ngram using (c1, c2, next)
    where scope = ${scope} and c3 = -1 and c4 = -1 and count > 0
      and c2 in (${TOGETHER}, -1)
    group by c1, next`
  const sessions = new Map<number, number>()
  const using = new Map<number, ReadonlyMap<number, number>>()
  for (const row of rows) {
    const byPeriod = new Map(row.periods.map((period, i) => [period, row.counts[i] ?? 0]))
    if (row.one === row.other) using.set(row.one, byPeriod)
    if (row.one !== BEGINNING) continue
    for (const [period, n] of byPeriod) sessions.set(period, (sessions.get(period) ?? 0) + n)
  }
  return rows.flatMap((row) => {
    const one = using.get(row.one)
    const other = using.get(row.other)
    if (row.one === row.other || !one || !other) return []
    return draft(row, one, other, sessions, newest) ?? []
  })
}

function draft(
  row: Row,
  one: ReadonlyMap<number, number>,
  other: ReadonlyMap<number, number>,
  sessions: ReadonlyMap<number, number>,
  newest: number,
): Draft | undefined {
  const together = new Map(row.periods.map((period, i) => [period, row.counts[i] ?? 0]))
  const rarer = total(one) <= total(other) ? one : other
  const tallies = [...rarer].map(
    ([period, chances]): Tally => ({ period, seen: together.get(period) ?? 0, chances }),
  )
  const { support, confidence, state, seen, chances } = assessShare(tallies, newest)
  const lift = (total(together) * total(sessions)) / (total(one) * total(other))
  if (support < MIN_SUPPORT || lift <= 1) return undefined
  return {
    kind: 'co-use',
    operations: [row.one, row.other],
    confidence,
    support,
    evidence: {
      sessions_with_both: support,
      sessions_with_either: [total(one), total(other)],
      sessions: total(sessions),
      lift: rounded(lift),
      probability: rounded(seen / Math.max(chances, Number.MIN_VALUE)),
    },
    state,
    first: row.first,
    last: row.last,
  }
}

function total(byPeriod: ReadonlyMap<number, number>): number {
  return [...byPeriod.values()].reduce((sum, n) => sum + n, 0)
}

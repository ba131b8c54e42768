import { ANOMALY_HOURS, findAnomalies, type Pulse } from '../../domain/patterns/anomaly.ts'
import { countUsed, type Used, usedOf } from '../../domain/patterns/co-use.ts'
import { noCounts } from '../../domain/patterns/counts.ts'
import { readState } from '../../domain/patterns/session-state.ts'
import { arrayText } from './array-text.ts'
import { ask, type Sql, type Transaction } from './connect.ts'
import { addNgrams, lockCounts } from './learning-writes.ts'
import { pruneSteps } from './pattern-prune.ts'

/** What a sweep did. */
export type Swept = Readonly<{
  /** Sessions whose operations were counted as used together. */
  sessions: number
  anomalies: number
  /** Steps removed past their horizon. */
  pruned: number
}>

/** Sessions per transaction: their pairs are added up before they are written. */
const SESSIONS_AT_ONCE = 1_000

/** So long one sweep goes on before it leaves the rest to the next one, ms. */
const BUDGET_MS = 10_000

/**
 * Brings up to date what is not kept with every batch: which operations sessions use together, and
 * anomalies; and removes what is past its horizon. Safe to run twice and side by side.
 *
 * @throws `Unavailable` when the database is away.
 */
export async function sweepPatterns(sql: Sql, now: Date): Promise<Swept> {
  const end = Date.now() + BUDGET_MS
  let sessions = 0
  for (;;) {
    const counted = await ask(sql.begin(countPending))
    sessions += counted
    if (counted < SESSIONS_AT_ONCE || Date.now() > end) break
  }
  const anomalies = await ask(sweepAnomalies(sql), BUDGET_MS)
  const pruned = await pruneSteps(sql, now)
  return { sessions, anomalies, pruned }
}

type PendingRow = { key: string; state: string; counted: string }

async function countPending(tx: Transaction): Promise<number> {
  const rows = await tx<PendingRow[]>`
    select key, state, counted from patterns.session where pending
    order by key limit ${SESSIONS_AT_ONCE} for update skip locked`
  if (rows.length === 0) return 0
  const counts = noCounts()
  const counted: string[] = []
  for (const row of rows) {
    const used = usedOf(readState(row.state))
    const before = row.counted === '' ? [] : (JSON.parse(row.counted) as Used[])
    countUsed(before, counts, -1)
    countUsed(used, counts, 1)
    counted.push(JSON.stringify(used))
  }
  await lockCounts(tx)
  await addNgrams(tx, counts)
  await tx`
    update patterns.session as kept set counted = now.counted, pending = false
    from unnest(${arrayText(rows, ({ key }) => key)}::text::uuid[], ${counted}::text[])
      as now (key, counted)
    where kept.key = now.key`
  return rows.length
}

type ScopeRow = { id: number; newest: number; swept: number }
type PulseRow = {
  operation: number
  hours: number[]
  ok: number[]
  error: number[]
  timed: number[]
  log_sums: number[]
}

/** Looks again at the scopes whose pulses may have changed since the last sweep. */
async function sweepAnomalies(sql: Sql): Promise<number> {
  const scopes = await sql<ScopeRow[]>`
    select id, newest from patterns.scope where newest > -2147483648`
  let found = 0
  for (const { id, newest } of scopes) {
    const rows = await sql<PulseRow[]>`
      select operation, array_agg(hour order by hour) as hours, array_agg(ok order by hour) as ok,
        array_agg(error order by hour) as error, array_agg(timed order by hour) as timed,
        array_agg(log_sum order by hour) as log_sums
      from patterns.pulse
      where scope = ${id} and hour > ${newest - ANOMALY_HOURS} and hour <= ${newest}
      group by operation`
    const anomalies = findAnomalies(new Map(rows.map((row) => [row.operation, pulsesOf(row)])))
    found += anomalies.length
    await sql.begin(async (tx) => {
      await tx`delete from patterns.anomaly where scope = ${id}`
      if (anomalies.length === 0) return
      await tx`insert into patterns.anomaly ${tx(
        anomalies.map(({ from, to, ...rest }) => ({
          scope: id,
          from_hour: from,
          to_hour: to,
          ...rest,
        })),
      )}`
    })
  }
  return found
}

function pulsesOf(row: PulseRow): readonly Pulse[] {
  return row.hours.map((hour, i) => ({
    hour,
    ok: row.ok[i] ?? 0,
    error: row.error[i] ?? 0,
    timed: row.timed[i] ?? 0,
    logSum: row.log_sums[i] ?? 0,
  }))
}

import type { Execution, ExecutionChanges, PairingNeeds } from '../../domain/sessions/executions.ts'
import {
  durationOf,
  operationOf,
  outcomeOf,
  type PhaseEvent,
  startOf,
} from '../../domain/sessions/pairing.ts'
import type { Transaction } from './connect.ts'
import { numberArray, textArray } from './event-array.ts'

type ExecutionRow = { session: string; key: string; before: string | null; after: string | null }

/** Reads what pairing needs: the calls themselves, and of each turn what it can change. */
export async function readExecutions(
  tx: Transaction,
  { calls, turns }: PairingNeeds,
): Promise<readonly Execution[]> {
  const reads: PromiseLike<ExecutionRow[]>[] = []
  if (calls.length > 0) reads.push(readCalls(tx, calls))
  if (turns.length > 0) reads.push(readTurns(tx, turns))
  return (await Promise.all(reads)).flat().map((row) => ({
    session: row.session,
    key: row.key,
    before: readSide(row.before, 'before'),
    after: readSide(row.after, 'after'),
  }))
}

function readCalls(tx: Transaction, calls: PairingNeeds['calls']) {
  return tx<ExecutionRow[]>`
    select e.session, replace(e.key::text, '-', '') as key, e.before, e.after
    from unnest(
      ${textArray(calls, ({ session }) => session)}::text::text[],
      ${numberArray(calls, ({ key }) => key)}::text::uuid[]) as c (session, key)
    join sessions.execution e on e.session = c.session and e.key = c.key`
}

/**
 * All that ends at the earliest new event or later, and of the open ones as many as there are afters
 * to close them, oldest first: no other can change.
 */
function readTurns(tx: Transaction, turns: PairingNeeds['turns']) {
  return tx<ExecutionRow[]>`
    with turn as (
      select t.session, t.source, t.operation, t.afters,
        timestamptz 'epoch' + t.since * interval '1 microsecond' as since
      from unnest(
        ${textArray(turns, ({ session }) => session)}::text::text[],
        ${textArray(turns, ({ source }) => source)}::text::text[],
        ${textArray(turns, ({ operation }) => operation)}::text::text[],
        ${numberArray(turns, ({ from }) => from)}::text::bigint[],
        ${numberArray(turns, ({ afters }) => afters)}::text::integer[]
      ) as t (session, source, operation, since, afters)
    ), later as (
      select t.afters, e.session, e.source, e.operation, e.key, e.before, e.after
      from turn t join sessions.execution e on e.session = t.session and e.source = t.source
        and e.operation = t.operation and e.call_id is null and e.after_at >= t.since
    )
    select session, replace(key::text, '-', '') as key, before, after from later
    union all
    select t.session, replace(o.key::text, '-', ''), o.before, o.after
    from turn t
    cross join lateral (
      select t.afters + count(*) as most from later l
      where l.session = t.session and l.source = t.source and l.operation = t.operation
    ) n
    cross join lateral (
      select e.key, e.before, e.after from sessions.execution e
      where e.session = t.session and e.source = t.source and e.operation = t.operation
        and e.call_id is null and e.after_at is null
      order by e.before_at
      fetch first (n.most) rows with ties
    ) o`
}

/** Writes what pairing changed. */
export function writeExecutions(
  tx: Transaction,
  { gone, came }: ExecutionChanges,
): readonly PromiseLike<unknown>[] {
  const kept = new Set(came.map(({ session, key }) => session + key))
  const stale = gone.filter(({ session, key }) => !kept.has(session + key))
  return [
    ...(stale.length > 0 ? [deleteExecutions(tx, stale)] : []),
    ...(came.length > 0 ? [upsertExecutions(tx, came)] : []),
  ]
}

function deleteExecutions(tx: Transaction, stale: readonly Execution[]) {
  return tx`
    delete from sessions.execution e using unnest(
      ${textArray(stale, ({ session }) => session)}::text::text[],
      ${numberArray(stale, ({ key }) => key)}::text::uuid[]) as s (session, key)
    where e.session = s.session and e.key = s.key`
}

function upsertExecutions(tx: Transaction, came: readonly Execution[]) {
  return tx`
    insert into sessions.execution as e (session, key, source, operation, call_id, started_at,
      recorded_at, before_at, after_at, outcome, duration_ms, before, after)
    select session, key, source, operation, call_id,
      timestamptz 'epoch' + started_at * interval '1 microsecond',
      timestamptz 'epoch' + recorded_at * interval '1 microsecond',
      timestamptz 'epoch' + before_at * interval '1 microsecond',
      timestamptz 'epoch' + after_at * interval '1 microsecond',
      outcome, duration_ms, before, after
    from unnest(
      ${textArray(came, ({ session }) => session)}::text::text[],
      ${numberArray(came, ({ key }) => key)}::text::uuid[],
      ${textArray(came, ({ before, after }) => (before ?? after)?.source)}::text::text[],
      ${textArray(came, operationOf)}::text::text[],
      ${textArray(came, ({ before, after }) => (before ?? after)?.callId)}::text::text[],
      ${numberArray(came, startOf)}::text::bigint[],
      ${numberArray(came, newestArrival)}::text::bigint[],
      ${numberArray(came, ({ before }) => before?.time ?? null)}::text::bigint[],
      ${numberArray(came, ({ after }) => after?.time ?? null)}::text::bigint[],
      ${textArray(came, outcomeOf)}::text::text[],
      ${numberArray(came, durationOf)}::text::double precision[],
      ${textArray(came, ({ before }) => writeSide(before))}::text::text[],
      ${textArray(came, ({ after }) => writeSide(after))}::text::text[]
    ) as c (session, key, source, operation, call_id, started_at, recorded_at, before_at, after_at,
      outcome, duration_ms, before, after)
    on conflict (session, key) do update set source = excluded.source,
      operation = excluded.operation, started_at = excluded.started_at,
      recorded_at = excluded.recorded_at, before_at = excluded.before_at, after_at = excluded.after_at, outcome = excluded.outcome,
      duration_ms = excluded.duration_ms, before = excluded.before, after = excluded.after`
}

const newestArrival = ({ before, after }: Execution) =>
  Math.max(before?.arrival ?? 0, after?.arrival ?? 0)

type Side = [
  id: string,
  source: string,
  operation: string,
  callId: string | null,
  time: number,
  arrival: number,
  outcome: PhaseEvent['outcome'],
  durationMs: number | null,
]

function writeSide(event: PhaseEvent | null): string | null {
  if (event === null) return null
  const { id, source, operation, callId, time, arrival, outcome, durationMs } = event
  const side: Side = [id, source, operation, callId, time, arrival, outcome, durationMs]
  return JSON.stringify(side)
}

/** An event as it is kept with its execution. */
export function readSide(text: string | null, phase: 'before' | 'after'): PhaseEvent | null {
  if (text === null) return null
  const [id, source, operation, callId, time, arrival, outcome, durationMs] = JSON.parse(
    text,
  ) as Side
  return { id, source, operation, phase, callId, time, arrival, outcome, durationMs }
}

import type { Counts } from '../../domain/patterns/counts.ts'
import type { Checkpoint } from '../../domain/patterns/unfold.ts'
import { arrayText } from './array-text.ts'
import type { Transaction } from './connect.ts'

/** Any number serves, as long as no other user of the database takes the same one. */
const COUNTS_LOCK = 4_206_900_004

/**
 * Lets one transaction at a time change counts. Batches side by side meet on the counts of frequent
 * operations anyway; with one lock they never do so in a different order, and sketches can be read,
 * changed and written.
 */
export async function lockCounts(tx: Transaction): Promise<void> {
  await tx`select pg_advisory_xact_lock(${COUNTS_LOCK})`
}

function changes<Entry>(
  entries: ReadonlyMap<string, Entry>,
  isChange: (entry: Entry) => boolean,
): Entry[] {
  return [...entries.values()].filter(isChange)
}

/** Adds changes to the counts of what follows what, under `lockCounts`. */
export async function addNgrams(tx: Transaction, { ngrams }: Counts): Promise<void> {
  const rows = changes(ngrams, ({ count }) => count !== 0)
  if (rows.length === 0) return
  await tx`
    insert into patterns.ngram as kept (scope, c1, c2, c3, c4, next, period, depth, count, first,
      last, level)
    select *, patterns.level(count) from unnest(
      ${arrayText(rows, (r) => r.scope)}::text::integer[],
      ${arrayText(rows, (r) => r.c1)}::text::integer[],
      ${arrayText(rows, (r) => r.c2)}::text::integer[],
      ${arrayText(rows, (r) => r.c3)}::text::integer[],
      ${arrayText(rows, (r) => r.c4)}::text::integer[],
      ${arrayText(rows, (r) => r.next)}::text::integer[],
      ${arrayText(rows, (r) => r.period)}::text::integer[],
      ${arrayText(rows, (r) => r.depth)}::text::smallint[],
      ${arrayText(rows, (r) => r.count)}::text::bigint[],
      ${arrayText(rows, (r) => r.first)}::text::bigint[],
      ${arrayText(rows, (r) => r.last)}::text::bigint[]
    ) as change (scope, c1, c2, c3, c4, next, period, depth, count, first, last)
    on conflict (scope, c1, c2, c3, c4, next, period) do update set
      count = kept.count + excluded.count,
      level = patterns.level(kept.count + excluded.count),
      first = least(kept.first, excluded.first),
      last = greatest(kept.last, excluded.last)`
}

/** Adds changes to the hourly outcomes and durations. */
export async function addPulses(tx: Transaction, { pulses }: Counts): Promise<void> {
  const rows = changes(
    pulses,
    (p) => p.ok !== 0 || p.error !== 0 || p.cancelled !== 0 || p.timed !== 0 || p.logSum !== 0,
  )
  if (rows.length === 0) return
  await tx`
    insert into patterns.pulse as kept (scope, operation, hour, ok, error, cancelled, timed,
      log_sum, first, last)
    select * from unnest(
      ${arrayText(rows, (r) => r.scope)}::text::integer[],
      ${arrayText(rows, (r) => r.operation)}::text::integer[],
      ${arrayText(rows, (r) => r.hour)}::text::integer[],
      ${arrayText(rows, (r) => r.ok)}::text::bigint[],
      ${arrayText(rows, (r) => r.error)}::text::bigint[],
      ${arrayText(rows, (r) => r.cancelled)}::text::bigint[],
      ${arrayText(rows, (r) => r.timed)}::text::bigint[],
      ${arrayText(rows, (r) => r.logSum)}::text::bigint[],
      ${arrayText(rows, (r) => r.first)}::text::bigint[],
      ${arrayText(rows, (r) => r.last)}::text::bigint[])
    on conflict (scope, operation, hour) do update set
      ok = kept.ok + excluded.ok,
      error = kept.error + excluded.error,
      cancelled = kept.cancelled + excluded.cancelled,
      timed = kept.timed + excluded.timed,
      log_sum = kept.log_sum + excluded.log_sum,
      first = least(kept.first, excluded.first),
      last = greatest(kept.last, excluded.last)`
}

/** Keeps where sessions stand now. */
export async function keepStates(
  tx: Transaction,
  states: ReadonlyMap<string, string>,
  day: number,
): Promise<void> {
  if (states.size === 0) return
  await tx`
    update patterns.session as kept set state = now.state, pending = true, day = ${day}
    from unnest(${arrayText([...states.keys()], (key) => key)}::text::uuid[],
      ${[...states.values()]}::text[]) as now (key, state)
    where kept.key = now.key`
}

export type SessionCheckpoint = Checkpoint & Readonly<{ session: string }>

/** Keeps states on the way. */
export async function keepCheckpoints(
  tx: Transaction,
  checkpoints: readonly SessionCheckpoint[],
): Promise<void> {
  if (checkpoints.length === 0) return
  await tx`
    insert into patterns.checkpoint (session, at, arrival, identity, state)
    select * from unnest(
      ${arrayText(checkpoints, (c) => c.session)}::text::uuid[],
      ${arrayText(checkpoints, (c) => c.at)}::text::bigint[],
      ${arrayText(checkpoints, (c) => c.arrival)}::text::bigint[],
      ${arrayText(checkpoints, (c) => c.identity)}::text::uuid[],
      ${checkpoints.map(({ state }) => state)}::text[])`
}

/** Moves the scopes' newest hours forward. */
export async function keepNewest(
  tx: Transaction,
  newest: ReadonlyMap<number, number>,
): Promise<void> {
  const rows = [...newest].sort(([a], [b]) => a - b)
  if (rows.length === 0) return
  await tx`
    update patterns.scope as kept set newest = now.newest
    from unnest(${arrayText(rows, ([scope]) => scope)}::text::integer[],
      ${arrayText(rows, ([, hour]) => hour)}::text::integer[]) as now (scope, newest)
    where kept.id = now.scope and kept.newest < now.newest`
}

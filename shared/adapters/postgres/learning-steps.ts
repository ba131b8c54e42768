import { outcomes, phases } from '../../domain/patterns/codes.ts'
import type { Place, Step } from '../../domain/patterns/step.ts'
import type { Resumption } from '../../domain/patterns/unfold.ts'
import { arrayText } from './array-text.ts'
import type { Transaction } from './connect.ts'

/** A step and the session it belongs to. */
export type SessionStep = Step & Readonly<{ session: string | null }>

const NO_DURATION = -1

/** Locks the sessions of a batch, new ones included, in one order for everybody. */
export async function lockSessions(tx: Transaction, keys: string): Promise<void> {
  await tx`
    insert into patterns.session (key) select * from unnest(${keys}::text::uuid[]) order by 1
    on conflict (key) do update set key = excluded.key where false`
}

type SessionRow = { key: string; state: string; floor: number }

/** The states of locked sessions, by key, and the time up to which their steps are gone. */
export async function sessionStates(
  tx: Transaction,
  keys: string,
): Promise<ReadonlyMap<string, SessionRow>> {
  const rows = await tx<SessionRow[]>`
    select replace(key::text, '-', '') as key, state, floor
    from patterns.session where key = any(${keys}::text::uuid[])`
  return new Map(rows.map((row) => [row.key, row]))
}

/** Keeps the steps that are new, and answers their identities. `steps` in order of identity. */
export async function keepSteps(
  tx: Transaction,
  steps: readonly SessionStep[],
  day: number,
): Promise<ReadonlySet<string>> {
  const rows = await tx<{ identity: string }[]>`
    insert into patterns.step (identity, session, at, arrival, operation, source, phase, outcome,
      call, duration, day)
    select *, ${day}::integer from unnest(
      ${arrayText(steps, (s) => s.identity)}::text::uuid[],
      ${arrayText(steps, (s) => s.session ?? 'null')}::text::uuid[],
      ${arrayText(steps, (s) => s.at)}::text::bigint[],
      ${arrayText(steps, (s) => s.arrival)}::text::bigint[],
      ${arrayText(steps, (s) => s.operation)}::text::integer[],
      ${arrayText(steps, (s) => s.source)}::text::integer[],
      ${arrayText(steps, (s) => phases.indexOf(s.phase))}::text::smallint[],
      ${arrayText(steps, (s) => outcomes.indexOf(s.outcome))}::text::smallint[],
      ${arrayText(steps, (s) => s.call)}::text::bigint[],
      ${arrayText(steps, (s) => s.duration ?? NO_DURATION)}::text::bigint[])
    on conflict do nothing
    returning replace(identity::text, '-', '') as identity`
  return new Set(rows.map(({ identity }) => identity))
}

type StepRow = {
  identity: string
  at: number
  arrival: number
  operation: number
  source: number
  phase: number
  outcome: number
  call: number
  duration: number
}

/**
 * The last checkpoint before a place, every step after it, in any order; checkpoints after the place
 * are removed, as something is put before them. One round trip.
 */
export async function resumeAt(
  tx: Transaction,
  session: string,
  { at, arrival, identity }: Place,
): Promise<Resumption> {
  const before = tx`
    select at, arrival, identity, state from patterns.checkpoint
    where session = ${session}::uuid and (at, arrival, identity) < (${at}, ${arrival}, ${identity}::uuid)
    order by at desc, arrival desc, identity desc limit 1`
  const [checkpoints, rows] = await Promise.all([
    tx<{ state: string }[]>`${before}`,
    tx<StepRow[]>`
      with base as (${before})
      select replace(step.identity::text, '-', '') as identity, at, arrival, operation, source,
        phase, outcome, call, duration
      from patterns.step
      where session = ${session}::uuid
        and at >= coalesce((select base.at from base), ${Number.MIN_SAFE_INTEGER})
        and not exists (
          select from base where (step.at, step.arrival, step.identity)
            <= (base.at, base.arrival, base.identity))`,
    tx`
      delete from patterns.checkpoint
      where session = ${session}::uuid
        and (at, arrival, identity) > (${at}, ${arrival}, ${identity}::uuid)`,
  ])
  return { state: checkpoints[0]?.state ?? '', steps: rows.map(stepOf) }
}

function stepOf({ phase, outcome, duration, ...row }: StepRow): Step {
  return {
    ...row,
    phase: phases[phase] ?? 'point',
    outcome: outcomes[outcome] ?? null,
    duration: duration === NO_DURATION ? null : duration,
  }
}

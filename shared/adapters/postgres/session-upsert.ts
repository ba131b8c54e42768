import type { SessionChange } from '../../domain/sessions/session-changes.ts'
import type { Transaction } from './connect.ts'
import { numberArray, textArray } from './event-array.ts'

/** Executions of one session are paired by one transaction at a time; sessions share few locks. */
const LOCKS = 256
const LOCK_SPACE = 4_206_901

/** Waits until no one else pairs executions of these sessions; holds until the commit. */
export function lockSessions(tx: Transaction, sessions: Iterable<string>) {
  const locks = new Set<number>()
  for (const session of sessions) locks.add(lockOf(session))
  return tx`
    select pg_advisory_xact_lock(${LOCK_SPACE}, slot)
    from unnest(${numberArray(
      [...locks].sort((a, b) => a - b),
      (slot) => slot,
    )}::text::integer[]) slot`
}

/** FNV-1a, folded. */
function lockOf(session: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < session.length; index++) {
    hash = Math.imul(hash ^ session.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % LOCKS
}

/** Adds what new events say to their sessions; an event opens a lapsed session again. */
export function upsertSessions(tx: Transaction, changes: readonly SessionChange[]) {
  return tx`
    insert into sessions.session as s (id, state, started_at, last_seen_at, last_start_at,
      last_end_at, last_recorded_at, parent, events, executions, errors)
    select id, case when last_end_at >= coalesce(last_start_at, last_end_at) then 'ended'
        else 'active' end,
      timestamptz 'epoch' + started_at * interval '1 microsecond',
      timestamptz 'epoch' + last_seen_at * interval '1 microsecond',
      timestamptz 'epoch' + last_start_at * interval '1 microsecond',
      timestamptz 'epoch' + last_end_at * interval '1 microsecond',
      timestamptz 'epoch' + last_recorded_at * interval '1 microsecond',
      parent, events, executions, errors
    from unnest(
      ${textArray(changes, ({ id }) => id)}::text::text[],
      ${numberArray(changes, ({ startedAt }) => startedAt)}::text::bigint[],
      ${numberArray(changes, ({ lastSeenAt }) => lastSeenAt)}::text::bigint[],
      ${numberArray(changes, ({ lastStartAt }) => lastStartAt)}::text::bigint[],
      ${numberArray(changes, ({ lastEndAt }) => lastEndAt)}::text::bigint[],
      ${numberArray(changes, ({ lastRecordedAt }) => lastRecordedAt)}::text::bigint[],
      ${textArray(changes, ({ parent }) => parent)}::text::text[],
      ${numberArray(changes, ({ events }) => events)}::text::bigint[],
      ${numberArray(changes, ({ executions }) => executions)}::text::bigint[],
      ${numberArray(changes, ({ errors }) => errors)}::text::bigint[]
    ) as c (id, started_at, last_seen_at, last_start_at, last_end_at, last_recorded_at, parent,
      events, executions, errors)
    on conflict (id) do update set
      state = case when greatest(s.last_end_at, excluded.last_end_at) >= coalesce(
          greatest(s.last_start_at, excluded.last_start_at),
          greatest(s.last_end_at, excluded.last_end_at)) then 'ended'
        else 'active' end,
      started_at = least(s.started_at, excluded.started_at),
      last_seen_at = greatest(s.last_seen_at, excluded.last_seen_at),
      last_start_at = greatest(s.last_start_at, excluded.last_start_at),
      last_end_at = greatest(s.last_end_at, excluded.last_end_at),
      last_recorded_at = greatest(s.last_recorded_at, excluded.last_recorded_at),
      parent = least(s.parent, excluded.parent),
      events = s.events + excluded.events,
      executions = s.executions + excluded.executions,
      errors = s.errors + excluded.errors`
}

/** Notes which sources report on a session, and since when. */
export function upsertSessionSources(tx: Transaction, changes: readonly SessionChange[]) {
  const reports = changes.flatMap(({ id, sources }) =>
    [...sources]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([source, first]) => ({ id, source, first })),
  )
  return tx`
    insert into sessions.session_source as s (session, source, first_recorded_at)
    select session, source, timestamptz 'epoch' + first * interval '1 microsecond'
    from unnest(
      ${textArray(reports, ({ id }) => id)}::text::text[],
      ${textArray(reports, ({ source }) => source)}::text::text[],
      ${numberArray(reports, ({ first }) => first)}::text::bigint[]) as r (session, source, first)
    on conflict (session, source) do update set first_recorded_at = excluded.first_recorded_at
    where excluded.first_recorded_at < s.first_recorded_at`
}

import { durationOf, operationOf, outcomeOf, startOf } from '../../domain/sessions/pairing.ts'
import { formatTime } from '../../domain/time.ts'
import type { Execution, RecordedSessions, Session } from '../../ports/recorded-sessions.ts'
import { ask, type Sql } from './connect.ts'
import { readCursor, writeCursor } from './recorded-cursor.ts'
import { sessionTimeline } from './recorded-events.ts'
import { at } from './recorded-filter.ts'
import { operationMetrics } from './recorded-operations.ts'
import { readSide } from './session-executions.ts'

const TIMELINE_LENGTH = 1_000
const MOST_CALLS = 5_000

type Times = 'started_at' | 'last_seen_at' | 'ended_at'
type SessionRow = Omit<Session, Times> & {
  started_at: number
  last_seen_at: number
  ended_at: number | null
}

/** Reads schemas `sessions` and `metrics`; give it connections to the reader endpoint. */
export function postgresRecordedSessions(sql: Sql): RecordedSessions {
  return {
    async list({ state, source }, { limit, cursor }) {
      const after = cursor === undefined ? null : readCursor(cursor, 'string')
      if (source?.includes('\0')) return { items: [], next: null }
      const rows = await ask(sql<SessionRow[]>`
        select ${sessionColumns(sql)} from sessions.session s
        where true
          ${state === undefined ? sql`` : sql`and s.state = ${state}`}
          ${
            source === undefined
              ? sql``
              : sql`and s.id in (
            select session from sessions.session_source where source = ${source})`
          }
          ${after === null ? sql`` : sql`and (s.last_seen_at, s.id) < (${at(sql, after[0])}, ${after[1]})`}
        order by s.last_seen_at desc, s.id desc
        limit ${limit + 1}`)
      const items = rows.slice(0, limit)
      const last = items.at(-1)
      const more = rows.length > limit && last !== undefined
      return {
        items: items.map(toSession),
        next: more ? writeCursor([last.last_seen_at, last.id]) : null,
      }
    },

    async find(id) {
      if (id.includes('\0')) return undefined
      const [[row], timeline, calls] = await ask(
        Promise.all([
          sql<SessionRow[]>`
            select ${sessionColumns(sql)} from sessions.session s where s.id = ${id}`,
          sessionTimeline(sql, id, TIMELINE_LENGTH),
          sessionCalls(sql, id),
        ]),
      )
      return row && { ...toSession(row), timeline, calls }
    },

    operations: (window, source) => ask(operationMetrics(sql, window, source)),
  }
}

const sessionColumns = (sql: Sql) => sql`
  s.id, s.state, s.parent, s.events, s.executions, s.errors,
  (extract(epoch from s.started_at) * 1000000)::bigint as started_at,
  (extract(epoch from s.last_seen_at) * 1000000)::bigint as last_seen_at,
  (extract(epoch from case s.state when 'ended' then s.last_end_at
    when 'lapsed' then s.last_seen_at end) * 1000000)::bigint as ended_at,
  array(select r.source from sessions.session_source r where r.session = s.id
    order by r.first_recorded_at, r.source) as sources`

function toSession({ started_at, last_seen_at, ended_at, ...same }: SessionRow): Session {
  return {
    ...same,
    started_at: formatTime(started_at),
    last_seen_at: formatTime(last_seen_at),
    ended_at: ended_at === null ? null : formatTime(ended_at),
  }
}

async function sessionCalls(sql: Sql, session: string): Promise<readonly Execution[]> {
  const rows = await sql<{ before: string | null; after: string | null }[]>`
    select before, after from sessions.execution
    where session = ${session}
    order by started_at, key
    limit ${MOST_CALLS}`
  return rows.map(toExecution)
}

function toExecution(row: { before: string | null; after: string | null }): Execution {
  const execution = { before: readSide(row.before, 'before'), after: readSide(row.after, 'after') }
  const { before, after } = execution
  const isStartKnown = before !== null || (after?.durationMs ?? null) !== null
  return {
    operation: operationOf(execution),
    source: (before ?? after)?.source ?? '',
    call_id: (before ?? after)?.callId ?? null,
    started_at: isStartKnown ? formatTime(startOf(execution)) : null,
    ended_at: after && formatTime(after.time),
    outcome: outcomeOf(execution),
    duration_ms: durationOf(execution),
    before: before?.id ?? null,
    after: after?.id ?? null,
  }
}

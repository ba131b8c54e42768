import type { Outcome } from '../domain/events/event.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { RecordedEvent } from './recorded-events.ts'

export type SessionState = 'active' | 'ended' | 'lapsed'

/** A session over all sources that report on it. Times are RFC 3339 UTC with milliseconds. */
export type Session = Readonly<{
  id: string
  /** Sources that reported on it, in order of first report. */
  sources: readonly string[]
  /** `lapsed` = ended by silence. */
  state: SessionState
  /** Own time of the earliest event. */
  started_at: string
  /** Own time of the latest event. */
  last_seen_at: string
  ended_at: string | null
  parent: string | null
  events: number
  executions: number
  errors: number
}>

/** One execution: a before with its after, or either alone. */
export type Execution = Readonly<{
  operation: string
  source: string
  call_id: string | null
  started_at: string | null
  ended_at: string | null
  outcome: Outcome | null
  duration_ms: number | null
  before: string | null
  after: string | null
}>

export type SessionDetail = Session &
  Readonly<{
    /** By own time, ties by arrival; at most the first 1,000. */
    timeline: readonly RecordedEvent[]
    calls: readonly Execution[]
  }>

export type SessionFilter = Readonly<{ state?: SessionState; source?: string }>

export type OperationMetrics = Readonly<{
  operation: string
  count: number
  errors: number
  p50_ms: number | null
  p90_ms: number | null
  p95_ms: number | null
  p99_ms: number | null
}>

/** Sessions and their metrics, for reading. */
export interface RecordedSessions {
  /** Most recently seen first. */
  list(filter: SessionFilter, page: PageRequest): Promise<Page<Session>>

  find(id: string): Promise<SessionDetail | undefined>

  /** Per operation over events recorded in the window, busiest first. */
  operations(
    window: Readonly<{ from: Date; to: Date }>,
    source?: string,
  ): Promise<readonly OperationMetrics[]>
}

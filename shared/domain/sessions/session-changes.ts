import type { Recordable } from '../recording/recordable.ts'
import type { ExecutionChanges } from './executions.ts'
import { outcomeOf } from './pairing.ts'

/** A session without any event for so long has lapsed, ms. */
export const SESSION_LEASE_MS = 30 * 60_000

/**
 * What new events add to a session. Times are microseconds. Earliest, latest and sums alone, so it
 * does not matter in which order changes are applied.
 */
export type SessionChange = {
  readonly id: string
  startedAt: number
  lastSeenAt: number
  lastStartAt: number | null
  lastEndAt: number | null
  lastRecordedAt: number
  /** The least of what is said. */
  parent: string | null
  events: number
  executions: number
  errors: number
  /** First arrival of each source. */
  readonly sources: Map<string, number>
}

/** What new events and the executions they changed mean for their sessions, by session id. */
export function sessionChanges(
  fresh: readonly Recordable[],
  { gone, came }: ExecutionChanges,
): readonly SessionChange[] {
  const changes = new Map<string, SessionChange>()
  for (const event of fresh) {
    if (event.session === null) continue
    const change = changes.get(event.session)
    if (change) addEvent(change, event)
    else changes.set(event.session, firstOf(event.session, event))
  }
  for (const [executions, sign] of [[gone, -1] as const, [came, 1] as const]) {
    for (const execution of executions) {
      const change = changes.get(execution.session)
      if (!change) continue
      change.executions += sign
      if (outcomeOf(execution) === 'error') change.errors += sign
    }
  }
  return [...changes.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function firstOf(id: string, event: Recordable): SessionChange {
  const change: SessionChange = {
    id,
    startedAt: event.time,
    lastSeenAt: event.time,
    lastStartAt: null,
    lastEndAt: null,
    lastRecordedAt: event.arrival,
    parent: null,
    events: 0,
    executions: 0,
    errors: 0,
    sources: new Map(),
  }
  addEvent(change, event)
  return change
}

function addEvent(change: SessionChange, event: Recordable) {
  const { time, arrival, source, phase } = event
  change.startedAt = Math.min(change.startedAt, time)
  change.lastSeenAt = Math.max(change.lastSeenAt, time)
  change.lastRecordedAt = Math.max(change.lastRecordedAt, arrival)
  change.events += 1
  if (phase === 'start') change.lastStartAt = Math.max(change.lastStartAt ?? time, time)
  if (phase === 'end') change.lastEndAt = Math.max(change.lastEndAt ?? time, time)
  if (event.outcome === 'error' && phase !== 'before' && phase !== 'after') change.errors += 1
  const { parentsessionid } = event.event.attributes
  if (parentsessionid && (change.parent === null || parentsessionid < change.parent)) {
    change.parent = parentsessionid
  }
  change.sources.set(source, Math.min(change.sources.get(source) ?? arrival, arrival))
}

import type { LearnedPatterns, Prediction } from '#shared/ports/learned-patterns.ts'
import type { LogBrowser } from '#shared/ports/log-browser.ts'
import type { RecordedEvent, RecordedEvents } from '#shared/ports/recorded-events.ts'
import type { RecordedSessions, SessionDetail } from '#shared/ports/recorded-sessions.ts'

/** An event as it was recorded, whole. */
export function aRecordedEvent(told: Partial<RecordedEvent> = {}): RecordedEvent {
  return {
    seq: 1,
    id: 'e1',
    source: 'agent',
    type: 'hooks.execution.started',
    topic: 'hooks.execution',
    time: '2026-01-01T00:00:00.000Z',
    recorded_at: '2026-01-01T00:00:00.010Z',
    subject: null,
    session: 's1',
    operation: 'Read',
    phase: 'before',
    outcome: null,
    duration_ms: null,
    call_id: 'c1',
    correlation_id: null,
    causation_id: null,
    traceparent: null,
    datacontenttype: 'application/json',
    dataschema: null,
    redacted: 0,
    extensions: {},
    data: { operation: 'Read' },
    ...told,
  }
}

/** Recorded events held in memory; filters by source and session alone. */
export function eventsInMemory(kept: RecordedEvent[]) {
  const calls: unknown[] = []
  const events: RecordedEvents = {
    async list(filter, page) {
      calls.push({ filter, page })
      return { items: kept.slice(0, page.limit), next: kept.length > page.limit ? 'next' : null }
    },
    async find(id, source) {
      return kept.filter((event) => event.id === id && (!source || event.source === source))
    },
    async since(seq, { source, session }, limit) {
      return kept
        .filter((event) => event.seq > seq)
        .filter((event) => !source || event.source === source)
        .filter((event) => !session || event.session === session)
        .slice(0, limit)
    },
    async latest() {
      return kept.at(-1)?.seq ?? 0
    },
  }
  return { events, calls }
}

export const aPrediction: Prediction = {
  items: [{ operation: 'Edit', probability: 0.75, confidence: 0.6, support: 12 }],
  nothing_probability: 0.25,
  context_used: 2,
  expected_wait_ms: { p50: 10, p95: 90 },
}

/** Learned patterns that answer with what they were asked. */
export function fixedPatterns(calls: unknown[]): LearnedPatterns {
  const pattern = {
    id: 'p1',
    kind: 'transition' as const,
    subject: 'Read -> Edit',
    source: null,
    confidence: 0.9,
    support: 20,
    evidence: { count: 20 },
    state: 'confirmed' as const,
    first_seen: '2026-01-01T00:00:00.000Z',
    last_seen: '2026-01-02T00:00:00.000Z',
  }
  return {
    async list(filter, page) {
      calls.push({ filter, page })
      return { items: [pattern], next: null }
    },
    find: async (id) => (id === pattern.id ? pattern : undefined),
    async graph(source) {
      calls.push({ graph: source })
      return {
        nodes: [{ operation: 'Read', count: 2, starts: 2, ends: 1 }],
        edges: [{ from: 'Read', to: 'Edit', count: 1, p50_ms: 5, p95_ms: 5 }],
      }
    },
    async predictAfter(sequence, source) {
      calls.push({ sequence, source })
      return aPrediction
    },
    async predictSession(session, source) {
      calls.push({ session, source })
      return session === 's1' ? aPrediction : undefined
    },
  }
}

/** One session, `s1`. */
export function fixedSessions(calls: unknown[]): RecordedSessions {
  const session: SessionDetail = {
    id: 's1',
    sources: ['agent'],
    state: 'active',
    started_at: '2026-01-01T00:00:00.000Z',
    last_seen_at: '2026-01-01T00:00:01.000Z',
    ended_at: null,
    parent: null,
    events: 2,
    executions: 1,
    errors: 0,
    timeline: [aRecordedEvent()],
    calls: [
      {
        operation: 'Read',
        source: 'agent',
        call_id: 'c1',
        started_at: '2026-01-01T00:00:00.000Z',
        ended_at: null,
        outcome: null,
        duration_ms: null,
        before: 'e1',
        after: null,
      },
    ],
  }
  const { timeline, calls: executions, ...summary } = session
  return {
    async list(filter, page) {
      calls.push({ filter, page })
      return { items: [summary], next: null }
    },
    find: async (id) => (id === session.id ? session : undefined),
    async operations(window, source) {
      calls.push({ window, source })
      return [
        { operation: 'Read', count: 3, errors: 1, p50_ms: 1, p90_ms: 2, p95_ms: 3, p99_ms: null },
      ]
    },
  }
}

/** One group that is five records behind. */
export const fixedBrowser: LogBrowser = {
  lag: async () => [
    {
      group: 'event-recorder',
      topic: 'hooks.execution',
      partition: 0,
      position: 5,
      end: 10,
      oldestUnreadMs: 120,
    },
  ],
  read: async () => [],
  bounds: async () => [{ partition: 0, first: 0, end: 10 }],
  close: async () => undefined,
}

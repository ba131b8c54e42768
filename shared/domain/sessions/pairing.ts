import type { Outcome, Phase } from '../events/event.ts'

/** What pairing reads of an event; callers may carry more. All events of one call share a session. */
export type PhaseEvent = Readonly<{
  id: string
  source: string
  operation: string
  phase: Phase
  callId: string | null
  /** Own time, microseconds since the epoch. */
  time: number
  /** `recordedtime`, microseconds since the epoch: the order of arrival. */
  arrival: number
  outcome: Outcome | null
  durationMs: number | null
}>

/** One execution: a before with its after, or either alone. */
export type Pair<E extends PhaseEvent = PhaseEvent> = Readonly<{
  before: E | null
  after: E | null
}>

/** By own time, ties by arrival, then by identity: a total order of any set of events. */
export function inOrder(a: PhaseEvent, b: PhaseEvent): number {
  return (
    a.time - b.time ||
    a.arrival - b.arrival ||
    compareText(a.source, b.source) ||
    compareText(a.id, b.id)
  )
}

const compareText = (a: string, b: string) => (a < b ? -1 : Number(a > b))

/**
 * The executions that a session's events tell of, a function of the set of events alone.
 *
 * A call id is unique within its session: its earliest before and its latest after are one execution,
 * whatever sources report them and however their clocks differ. Without a call id an after closes the
 * oldest open before of its source and operation. Events of other phases are left out.
 *
 * @returns executions in no particular order.
 */
export function pair<E extends PhaseEvent>(events: readonly E[]): readonly Pair<E>[] {
  const calls = new Map<string, Pair<E>>()
  const withoutCall: E[] = []
  for (const event of events) {
    if (event.phase !== 'before' && event.phase !== 'after') continue
    if (event.callId === null) withoutCall.push(event)
    else calls.set(event.callId, joinCall(calls.get(event.callId), event))
  }
  return withoutCall.length === 0
    ? [...calls.values()]
    : [...calls.values(), ...pairInTurn(withoutCall)]
}

/** Adds an event to the execution of its call id: earliest before, latest after. */
export function joinCall<E extends PhaseEvent>(call: Pair<E> | undefined, event: E): Pair<E> {
  const { before = null, after = null } = call ?? {}
  if (event.phase === 'before') {
    return { before: before && inOrder(before, event) <= 0 ? before : event, after }
  }
  return { before, after: after && inOrder(after, event) >= 0 ? after : event }
}

function pairInTurn<E extends PhaseEvent>(events: readonly E[]): readonly Pair<E>[] {
  const executions: { before: E | null; after: E | null }[] = []
  const open = new Map<string, { queue: { before: E | null; after: E | null }[]; next: number }>()
  for (const event of events.toSorted(inOrder)) {
    const group = `${event.source}\n${event.operation}`
    let waiting = open.get(group)
    if (!waiting) {
      waiting = { queue: [], next: 0 }
      open.set(group, waiting)
    }
    const oldest = event.phase === 'after' ? waiting.queue[waiting.next] : undefined
    if (oldest) {
      oldest.after = event
      waiting.next += 1
      continue
    }
    const execution =
      event.phase === 'before' ? { before: event, after: null } : { before: null, after: event }
    executions.push(execution)
    if (event.phase === 'before') waiting.queue.push(execution)
  }
  return executions
}

/** Milliseconds as the after says, else the before, else between their own times; null if unknown. */
export function durationOf({ before, after }: Pair): number | null {
  const told = after?.durationMs ?? before?.durationMs
  if (told !== undefined && told !== null) return told
  if (!before || !after || after.time < before.time) return null
  return (after.time - before.time) / 1_000
}

/** How it ended: as the after says, else the before; null while that is open. */
export function outcomeOf({ before, after }: Pair): Outcome | null {
  return after?.outcome ?? before?.outcome ?? null
}

/**
 * When it counts, microseconds: at its start. Without a before that is the after's own time less its
 * duration, where it tells one.
 */
export function startOf({ before, after }: Pair): number {
  if (before) return before.time
  if (!after) return 0
  return after.time - Math.round((after.durationMs ?? 0) * 1_000)
}

/** The operation, as the before names it where there is one. */
export function operationOf({ before, after }: Pair): string {
  return (before ?? after)?.operation ?? ''
}

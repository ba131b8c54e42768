import { digest } from '../recording/identity.ts'
import type { Recordable } from '../recording/recordable.ts'
import { inOrder, joinCall, type Pair, type PhaseEvent, pair } from './pairing.ts'

/** An execution as it is kept: `key` (32 hex digits) is unique within the session, '' for none. */
export type Execution = Pair & Readonly<{ session: string; key: string }>

/**
 * Events without call ids of one source and operation in one session, which open and close in turn:
 * adding to them can change every execution that was open at the earliest of them, or ends later.
 */
export type Turn = Readonly<{
  session: string
  source: string
  operation: string
  /** Own time of the earliest new event, microseconds. */
  from: number
  /** How many of the new events close one. */
  afters: number
}>

/** What has to be known before new events can be paired. */
export type PairingNeeds = Readonly<{
  calls: readonly Readonly<{ session: string; key: string }>[]
  turns: readonly Turn[]
}>

/** Executions that are no more as they were, and those that take their place or are new. */
export type ExecutionChanges = Readonly<{
  gone: readonly Execution[]
  came: readonly Execution[]
}>

const opensOrCloses = ({ phase }: PhaseEvent) => phase === 'before' || phase === 'after'

/** A call id is unique within a session; outside any session, within its source. */
function callKey({ session, source, callId }: Recordable): string {
  return digest(session === null ? `${source.length}:${source}${callId}` : `call:${callId}`)
}

const turnKey = (session: string, source: string, operation: string) =>
  `${session}\n${source}\n${operation}`

/** Which executions the new events may join or change. */
export function pairingNeeds(fresh: readonly Recordable[]): PairingNeeds {
  const calls = new Map<string, { session: string; key: string }>()
  const turns = new Map<string, { -readonly [K in keyof Turn]: Turn[K] }>()
  for (const event of fresh) {
    if (!opensOrCloses(event)) continue
    const session = event.session ?? ''
    if (event.callId !== null) {
      const key = callKey(event)
      calls.set(session + key, { session, key })
      continue
    }
    const { source, operation, time } = event
    const name = turnKey(session, source, operation)
    const turn = turns.get(name) ?? { session, source, operation, from: time, afters: 0 }
    turn.from = Math.min(turn.from, time)
    if (event.phase === 'after') turn.afters += 1
    turns.set(name, turn)
  }
  return { calls: [...calls.values()], turns: [...turns.values()] }
}

/**
 * Pairs new events with each other and with what is known.
 *
 * @param known every execution that `pairingNeeds` asked for.
 */
export function pairFresh(
  fresh: readonly Recordable[],
  known: readonly Execution[],
): ExecutionChanges {
  const before = new Map(known.map((execution) => [execution.session + execution.key, execution]))
  const after = new Map<string, Execution>()
  const turns = new Map<string, PhaseEvent[]>()
  for (const event of fresh) {
    if (!opensOrCloses(event)) continue
    const session = event.session ?? ''
    if (event.callId === null) {
      add(turns, turnKey(session, event.source, event.operation), toPhaseEvent(event))
      continue
    }
    const key = callKey(event)
    const name = session + key
    const joined = joinCall(after.get(name) ?? before.get(name), toPhaseEvent(event))
    after.set(name, { ...joined, session, key })
  }
  for (const { session, before: opening, after: closing } of known) {
    for (const event of [opening, closing]) {
      if (event === null || event.callId !== null) continue
      add(turns, turnKey(session, event.source, event.operation), event)
    }
  }
  for (const [name, events] of turns) {
    const session = name.slice(0, name.indexOf('\n'))
    for (const paired of pair(events)) {
      const key = anchorKey(paired)
      after.set(session + key, { ...paired, session, key })
    }
  }
  return changesBetween(before, after)
}

/** An execution without a call id is known by its earlier end. */
function anchorKey({ before, after }: Pair): string {
  const anchor = before ?? after
  return digest(`turn:${anchor?.source.length}:${anchor?.source}${anchor?.id}`)
}

function changesBetween(
  before: ReadonlyMap<string, Execution>,
  after: ReadonlyMap<string, Execution>,
): ExecutionChanges {
  const gone: Execution[] = []
  const came: Execution[] = []
  for (const [name, was] of before) {
    const is = after.get(name)
    if (!is || !isSame(was, is)) gone.push(was)
  }
  for (const [name, is] of after) {
    const was = before.get(name)
    if (!was || !isSame(was, is)) came.push(is)
  }
  return { gone, came }
}

const isSame = (a: Pair, b: Pair) =>
  isSameEvent(a.before, b.before) && isSameEvent(a.after, b.after)

const isSameEvent = (a: PhaseEvent | null, b: PhaseEvent | null) =>
  a === b || (a !== null && b !== null && inOrder(a, b) === 0)

function add(groups: Map<string, PhaseEvent[]>, name: string, event: PhaseEvent) {
  const group = groups.get(name)
  if (group) group.push(event)
  else groups.set(name, [event])
}

/** What is kept of an event with its execution. */
function toPhaseEvent(event: Recordable): PhaseEvent {
  const { id, source, operation, phase, callId, time, arrival, outcome, durationMs } = event
  return { id, source, operation, phase, callId, time, arrival, outcome, durationMs }
}

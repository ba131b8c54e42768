import { BEGINNING, type Place, WHOLE } from './step.ts'

/** An execution with a call id that waits for its after. */
export type OpenCall = Readonly<{ call: number; operation: number; source: number; at: number }>

/** Starts of executions without a call id that wait for their after, the oldest first. */
export type OpenStarts = Readonly<{ operation: number; source: number; starts: number[] }>

/** Where a session stands in one scope. */
export type ScopeState = {
  readonly scope: number
  /** The latest operations, the newest last; `BEGINNING` while it is not longer than that. */
  tail: number[]
  /** Start of the first and of the newest operation, microseconds. */
  began: number
  last: number
  /** The first distinct operations, in order. */
  used: number[]
  /** The newest executions with a call id and without an after, the oldest first. */
  open: OpenCall[]
  /** Those without a call id, by source and operation. */
  openStarts: OpenStarts[]
  /** Numbers of the newest call ids that are counted and closed. */
  closed: number[]
}

/** All that what comes later in a session depends on. */
export type SessionState = {
  /** The last step that is in it. */
  place: Place | undefined
  /** Steps since the last checkpoint. */
  sinceCheckpoint: number
  /** The whole session first, then each source in order of appearance. */
  readonly scopes: ScopeState[]
}

export function newSession(): SessionState {
  return { place: undefined, sinceCheckpoint: 0, scopes: [newScope(WHOLE)] }
}

/** A session's state in a scope; made when this is the first step there. */
export function scopeState(state: SessionState, scope: number): ScopeState {
  const known = state.scopes.find((candidate) => candidate.scope === scope)
  if (known) return known
  const made = newScope(scope)
  state.scopes.push(made)
  return made
}

function newScope(scope: number): ScopeState {
  return {
    scope,
    tail: [BEGINNING],
    began: 0,
    last: 0,
    used: [],
    open: [],
    openStarts: [],
    closed: [],
  }
}

type Written = [
  at: number,
  arrival: number,
  identity: string,
  sinceCheckpoint: number,
  ...[
    scope: number,
    tail: number[],
    began: number,
    last: number,
    used: number[],
    open: [call: number, operation: number, source: number, at: number][],
    closed: number[],
    openStarts: [operation: number, source: number, starts: string][],
  ][],
]

/** As text, small and without loss. */
export function writeState({ place, sinceCheckpoint, scopes }: SessionState): string {
  if (!place) return ''
  const written: Written = [
    place.at,
    place.arrival,
    place.identity,
    sinceCheckpoint,
    ...scopes.map((s): Written[4] => [
      s.scope,
      s.tail,
      s.began,
      s.last,
      s.used,
      s.open.map(({ call, operation, source, at }) => [call, operation, source, at]),
      s.closed,
      s.openStarts.map(({ operation, source, starts }) => [operation, source, writeStarts(starts)]),
    ]),
  ]
  return JSON.stringify(written)
}

/** Reads what `writeState` wrote. */
export function readState(text: string): SessionState {
  if (text === '') return newSession()
  const [at, arrival, identity, sinceCheckpoint, ...scopes] = JSON.parse(text) as Written
  return {
    place: { at, arrival, identity },
    sinceCheckpoint,
    scopes: scopes.map(([scope, tail, began, last, used, open, closed, openStarts]) => ({
      scope,
      tail,
      began,
      last,
      used,
      open: open.map(([call, operation, source, at]) => ({ call, operation, source, at })),
      closed,
      openStarts: openStarts.map(([operation, source, starts]) => ({
        operation,
        source,
        starts: readStarts(starts),
      })),
    })),
  }
}

/** A session whose afters are never reported keeps many: each as its distance from the one before. */
function writeStarts(starts: readonly number[]): string {
  return starts.map((at, index) => (at - (starts[index - 1] ?? 0)).toString(36)).join(' ')
}

function readStarts(text: string): number[] {
  let at = 0
  return text.split(' ').map((distance) => {
    at += Number.parseInt(distance, 36)
    return at
  })
}

/** A state that goes its own way from here on. */
export function copyState(state: SessionState): SessionState {
  return {
    ...state,
    scopes: state.scopes.map((s) => ({
      ...s,
      tail: [...s.tail],
      used: [...s.used],
      open: [...s.open],
      openStarts: s.openStarts.map((one) => ({ ...one, starts: [...one.starts] })),
      closed: [...s.closed],
    })),
  }
}

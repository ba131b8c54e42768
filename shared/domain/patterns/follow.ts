import {
  type Counts,
  countAlone,
  countEnd,
  countNext,
  countWait,
  MAX_DEPTH,
  type Sign,
} from './counts.ts'
import { type OpenCall, type ScopeState, type SessionState, scopeState } from './session-state.ts'
import { BEGINNING, type Step, WHOLE } from './step.ts'

/**
 * So many executions with a call id, and of each operation so many without one, may wait for their
 * after at once in a session; the oldest is given up. Some agents report a whole session's befores first.
 */
const MAX_OPEN = 1_024

/** So many closed call ids are remembered, for a second report of the same call. */
const MAX_CLOSED = 16

/** So many distinct operations of a session count as used together. */
const MAX_USED = 64

/**
 * Takes a session one step further, in the order of `inOrder`, and counts what that adds. A call
 * counts once, at its first event, whoever reports on it again: a before and its after are one
 * execution. Without a call id an after closes the oldest open before of its source and operation.
 * The source's own scope sees its steps as if no others were there.
 *
 * @param counts undefined to go on without counting.
 */
export function follow(
  state: SessionState,
  step: Step,
  counts: Counts | undefined,
  sign: Sign,
): void {
  followScope(scopeState(state, WHOLE), step, counts, sign)
  followScope(scopeState(state, step.source), step, counts, sign)
  state.place = step
  state.sinceCheckpoint += 1
}

/**
 * Counts an event that belongs to no session. Nothing pairs there, so that an execution counts by
 * its after and a before says nothing.
 */
export function countWithoutSession(step: Step, counts: Counts): void {
  if (step.phase === 'before') return
  for (const scope of [WHOLE, step.source]) {
    countAlone(counts, scope, step.operation, step.at)
    countEnd(counts, 1, scope, step.operation, step.at, step.outcome, step.duration)
  }
}

function followScope(state: ScopeState, step: Step, counts: Counts | undefined, sign: Sign): void {
  if (step.phase === 'before') {
    if (isKnownCall(state, step.call)) return
    begin(state, step, counts, sign)
    open(state, step)
    return
  }
  if (step.phase === 'after') {
    const opened = close(state, step)
    if (opened) {
      const duration = step.duration ?? step.at - opened.at
      if (counts) {
        countEnd(counts, sign, state.scope, opened.operation, step.at, step.outcome, duration)
      }
      return
    }
    if (isKnownCall(state, step.call)) return
    rememberClosed(state, step.call)
  }
  begin(state, step, counts, sign)
  if (!counts) return
  countEnd(counts, sign, state.scope, step.operation, step.at, step.outcome, step.duration)
}

function begin(state: ScopeState, step: Step, counts: Counts | undefined, sign: Sign): void {
  const { tail } = state
  if (counts) {
    countNext(counts, sign, state.scope, tail, step.operation, step.at)
    const before = tail[tail.length - 1] as number
    if (before !== BEGINNING) {
      const wait = step.at - state.last
      countWait(counts, sign, state.scope, before, step.operation, step.at, wait)
    }
  }
  if (tail.length === 1 && tail[0] === BEGINNING) state.began = step.at
  tail.push(step.operation)
  if (tail.length > MAX_DEPTH) tail.shift()
  state.last = step.at
  if (state.used.length < MAX_USED && !state.used.includes(step.operation)) {
    state.used.push(step.operation)
  }
}

function open(state: ScopeState, { call, operation, source, at }: Step): void {
  if (call !== 0) {
    state.open.push({ call, operation, source, at })
    if (state.open.length > MAX_OPEN) state.open.shift()
    return
  }
  const waiting = startsOf(state, operation, source)
  if (!waiting) {
    state.openStarts.push({ operation, source, starts: [at] })
    return
  }
  waiting.starts.push(at)
  if (waiting.starts.length > MAX_OPEN) waiting.starts.shift()
}

/** Takes the open execution that an after closes. */
function close(
  state: ScopeState,
  { call, operation, source }: Step,
): Pick<OpenCall, 'operation' | 'at'> | undefined {
  if (call === 0) {
    const waiting = startsOf(state, operation, source)
    const at = waiting?.starts.shift()
    if (waiting?.starts.length === 0) state.openStarts.splice(state.openStarts.indexOf(waiting), 1)
    return at === undefined ? undefined : { operation, at }
  }
  const index = state.open.findIndex((one) => one.call === call)
  if (index < 0) return undefined
  rememberClosed(state, call)
  return state.open.splice(index, 1)[0]
}

function startsOf(
  state: ScopeState,
  operation: number,
  source: number,
): ScopeState['openStarts'][number] | undefined {
  return state.openStarts.find((one) => one.operation === operation && one.source === source)
}

function isKnownCall(state: ScopeState, call: number): boolean {
  if (call === 0) return false
  return state.closed.includes(call) || state.open.some((open) => open.call === call)
}

function rememberClosed(state: ScopeState, call: number): void {
  if (call === 0) return
  state.closed.push(call)
  if (state.closed.length > MAX_CLOSED) state.closed.shift()
}

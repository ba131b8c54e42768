import type { Counts } from './counts.ts'
import { follow } from './follow.ts'
import { copyState, readState, type SessionState, writeState } from './session-state.ts'
import { inOrder, type Place, type Step } from './step.ts'

/** A session is written down after so many steps: a late one takes up from there. */
const CHECKPOINT_STEPS = 64

export type Checkpoint = Place & Readonly<{ state: string }>

/** Where a session stands now, and where it was written down on the way. */
export type Unfolded = Readonly<{ state: SessionState; checkpoints: readonly Checkpoint[] }>

/** Where a session is taken up again: a state written down, and the steps since. */
export type Resumption = Readonly<{ state: string; steps: readonly Step[] }>

/** Whether something comes before what a session already holds. */
export function isLate(state: SessionState, first: Place): boolean {
  return state.place !== undefined && inOrder(first, state.place) < 0
}

/** Takes a session on by steps that all come after it. */
export function append(
  state: SessionState,
  ordered: readonly Step[],
  counts: Counts | undefined,
): Unfolded {
  const checkpoints: Checkpoint[] = []
  for (const step of ordered) {
    follow(state, step, counts, 1)
    if (state.sinceCheckpoint < CHECKPOINT_STEPS) continue
    state.sinceCheckpoint = 0
    checkpoints.push({
      at: step.at,
      arrival: step.arrival,
      identity: step.identity,
      state: writeState(state),
    })
  }
  return { state, checkpoints }
}

/**
 * Puts late steps in their place: takes out what the session counted from there on, and counts it
 * anew with them. What is the same in both adds up to no change.
 *
 * @param from the state written down before the first late step, and all steps since, those that
 *   are late included, in any order.
 * @param late the steps that are new, in order.
 */
export function insert(from: Resumption, late: readonly Step[], counts: Counts): Unfolded {
  const isLateStep = new Set(late.map(({ identity }) => identity))
  const ordered = from.steps.toSorted(inOrder)
  const start = ordered.findIndex(({ identity }) => isLateStep.has(identity))
  const shared = readState(from.state)
  for (const step of ordered.slice(0, start)) follow(shared, step, undefined, 1)
  const before = copyState(shared)
  const rest = ordered.slice(start)
  for (const step of rest) if (!isLateStep.has(step.identity)) follow(before, step, counts, -1)
  return append(shared, rest, counts)
}

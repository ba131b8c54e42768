import type { Outcome, Phase } from '../events/event.ts'

/** An event as learning sees it. Names are numbers given by whoever stores them. */
export type Step = Readonly<{
  /** 32 hexadecimal digits of source and id. */
  identity: string
  /** Own time, microseconds since the epoch. */
  at: number
  /** Order of arrival, microseconds since the epoch. */
  arrival: number
  operation: number
  /** The scope of its source; never `WHOLE`. */
  source: number
  phase: Phase
  outcome: Outcome | null
  /** Number of its call id; 0 without one. */
  call: number
  /** Microseconds, as the sender told. */
  duration: number | null
}>

/** The scope of whole sessions over all sources. */
export const WHOLE = 0

/** What stands before a session's first operation. */
export const BEGINNING = 0

/** The place of a step in its session. */
export type Place = Pick<Step, 'at' | 'arrival' | 'identity'>

/** By own time, ties by arrival, then by identity. */
export function inOrder(a: Place, b: Place): number {
  if (a.at !== b.at) return a.at - b.at
  if (a.arrival !== b.arrival) return a.arrival - b.arrival
  if (a.identity === b.identity) return 0
  return a.identity < b.identity ? -1 : 1
}

import type { Outcome, Phase } from '../events/event.ts'

/** Phases by the number under which they are kept; only ever added to. */
export const phases: readonly Phase[] = ['before', 'after', 'start', 'end', 'point']

/** Outcomes by the number under which they are kept; only ever added to. */
export const outcomes: readonly (Outcome | null)[] = [null, 'ok', 'error', 'cancelled']

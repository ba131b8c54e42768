import type { Pattern, PatternKind } from '../../ports/learned-patterns.ts'

/** A pattern as its kind's reader hands it on; operations by number. */
export type Draft = Omit<Pattern, 'id' | 'subject' | 'source' | 'first_seen' | 'last_seen'> &
  Readonly<{
    kind: PatternKind
    operations: readonly number[]
    /** Told apart by more than its operations: an anomaly's measure and hour. */
    further?: readonly string[]
    /** Microseconds. */
    first: number
    last: number
  }>

/** Cuts what is only noise in an answer: four significant places of a share or a ratio. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4))
}

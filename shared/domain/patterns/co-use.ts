import { type Counts, countTogether, type Sign } from './counts.ts'
import type { ScopeState, SessionState } from './session-state.ts'

/** The operations that a session used in one scope, as the co-use counts know them. */
export type Used = readonly [scope: number, began: number, last: number, ...operations: number[]]

/** The operations that a session has used. */
export function usedOf({ scopes }: SessionState): readonly Used[] {
  return scopes.map(
    ({ scope, began, last, used }: ScopeState): Used => [scope, began, last, ...used],
  )
}

/** Counts a session's operations as used together, or takes that back. */
export function countUsed(used: readonly Used[], counts: Counts, sign: Sign): void {
  for (const [scope, began, last, ...operations] of used) {
    for (const [i, one] of operations.entries()) {
      for (const other of operations.slice(i)) {
        countTogether(counts, sign, scope, [one, other], began, last)
      }
    }
  }
}

/** How far a pattern has come; the same words as the reading port's. */
export type LifeState = 'candidate' | 'confirmed' | 'stale' | 'retired'

/** A pattern as it stood in one half-life period in which its context was seen. */
export type Look = Readonly<{
  period: number
  /** Times it was seen in that period. */
  seen: number
  /** Its confidence by then, 0..1. */
  confidence: number
}>

/** Up and down differ, so that a pattern at the edge does not flicker. */
const CONFIRM_AT = 0.3
const DOUBT_BELOW = 0.2
const CONFIRM_SUPPORT = 5

/** Periods unseen until it is stale, and until it is retired. */
const STALE_AFTER = 2
const RETIRED_AFTER = 6

/** Once stale, one sighting is an accident; so many in a period bring it back. */
const REVIVE_SEEN = 2

/**
 * Where a pattern stands in its life, from its periods alone and thus from the set of events alone.
 *
 * - candidate -> confirmed with support >= 5 and confidence >= 0.3; back below 0.2
 * - unseen for 2 periods it is stale, for 6 retired
 * - seen twice or more in a period, it is a candidate or confirmed again
 *
 * @param looks in order of period.
 * @param newest the newest period of the scope.
 */
export function lifeState(looks: readonly Look[], newest: number): LifeState {
  let state: LifeState = 'candidate'
  let support = 0
  let lastSeen: number | undefined
  for (const { period, seen, confidence } of looks) {
    if (lastSeen !== undefined) state = aged(state, period - lastSeen)
    if (seen > 0) {
      support += seen
      lastSeen = period
    }
    if (isGone(state)) {
      if (seen < REVIVE_SEEN) continue
      state = 'candidate'
    }
    if (state === 'candidate' && support >= CONFIRM_SUPPORT && confidence >= CONFIRM_AT) {
      state = 'confirmed'
    } else if (state === 'confirmed' && confidence < DOUBT_BELOW) state = 'candidate'
  }
  return lastSeen === undefined ? state : aged(state, newest - lastSeen)
}

function aged(state: LifeState, unseen: number): LifeState {
  if (unseen >= RETIRED_AFTER) return 'retired'
  if (unseen >= STALE_AFTER && state !== 'retired') return 'stale'
  return state
}

function isGone(state: LifeState): boolean {
  return state === 'stale' || state === 'retired'
}

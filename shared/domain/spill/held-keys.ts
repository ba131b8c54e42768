/** What the holding of keys is bounded by. */
export type HoldRules = Readonly<{
  /** So long after the log is back, or after its last spilled record, a key stays held, ms. */
  settleMs: number
  /** So long after the log's last failure nothing is held any more, whatever else is known, ms. */
  longestMs: number
  /** Beyond so many keys all of them count as one. */
  maxKeys: number
}>

/** Keys of which something was spilled that newer records must not overtake. */
export type HeldKeys = Readonly<{
  isHeld(group: string, nowMs: number): boolean
  /** A record of the key was spilled. */
  hold(group: string, nowMs: number): void
  /** Whether any key is held. */
  any(nowMs: number): boolean
  /** The log did not take something. */
  failed(nowMs: number): void
  /** The log took something. */
  took(nowMs: number): void
}>

/**
 * Remembers which keys have to go through the spill as well, because older records of theirs lie in it.
 * A key is let go of when the log is back and the drain has had `settleMs` since the key's last spilled
 * record; at the latest `longestMs` after the log failed last, so that a key that never rests, and one
 * that alone could find out that the log is back, do not stay there for ever.
 *
 * Times are of a monotonic clock, ms.
 */
export function heldKeys({ settleMs, longestMs, maxKeys }: HoldRules): HeldKeys {
  const lastSpilled = new Map<string, number>()
  /** The last spilled record of any key that found no place in the map. */
  let othersSpilled: number | undefined
  let failedAt = Number.NEGATIVE_INFINITY
  let backAt: number | undefined

  function any(nowMs: number): boolean {
    if (lastSpilled.size === 0) return false
    if (nowMs - failedAt < longestMs) return true
    lastSpilled.clear()
    othersSpilled = undefined
    return false
  }

  const settled = (at: number, nowMs: number) =>
    backAt !== undefined && nowMs - Math.max(at, backAt) >= settleMs

  return {
    any,
    isHeld(group, nowMs) {
      if (!any(nowMs)) return false
      const at = lastSpilled.get(group) ?? othersSpilled
      if (at === undefined) return false
      if (!settled(at, nowMs)) return true
      lastSpilled.delete(group)
      return false
    },
    hold(group, nowMs) {
      if (lastSpilled.has(group) || lastSpilled.size < maxKeys) lastSpilled.set(group, nowMs)
      else othersSpilled = nowMs
    },
    failed(nowMs) {
      failedAt = nowMs
      backAt = undefined
    },
    took(nowMs) {
      backAt ??= nowMs
    },
  }
}

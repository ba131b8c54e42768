const BUCKETS = 10

/** Calls and faults of the last while, in ten buckets: 160 bytes however many calls there are. */
export type FaultWindow = Readonly<{
  add(isFault: boolean, nowMs: number): void
  calls(nowMs: number): number
  faults(nowMs: number): number
  clear(): void
}>

/** @param windowMs how long a call counts; its bucket is forgotten as a whole, up to a tenth earlier */
export function faultWindow(windowMs: number): FaultWindow {
  const calls = new Float64Array(BUCKETS)
  const faults = new Float64Array(BUCKETS)
  const bucketMs = Math.max(1, windowMs / BUCKETS)
  let newest = Number.NEGATIVE_INFINITY

  function clear() {
    calls.fill(0)
    faults.fill(0)
  }

  /** Forgets what is over; answers the bucket of now. A clock that goes back stays where it was. */
  function turn(nowMs: number): number {
    const now = Math.max(newest, Math.floor(nowMs / bucketMs))
    if (now - newest >= BUCKETS) clear()
    else {
      for (let passed = newest + 1; passed <= now; passed++) {
        calls[passed % BUCKETS] = 0
        faults[passed % BUCKETS] = 0
      }
    }
    newest = now
    return now % BUCKETS
  }

  const sum = (counts: Float64Array) => counts.reduce((total, count) => total + count, 0)

  return {
    add(isFault, nowMs) {
      const bucket = turn(nowMs)
      calls[bucket] = (calls[bucket] ?? 0) + 1
      if (isFault) faults[bucket] = (faults[bucket] ?? 0) + 1
    },
    calls(nowMs) {
      turn(nowMs)
      return sum(calls)
    },
    faults(nowMs) {
      turn(nowMs)
      return sum(faults)
    },
    clear,
  }
}

/** A latency is forgotten by a factor of e in so long, ms (Finagle's default for it). */
export const DECAY_MS = 10_000
/** A fault weighs as an answer this much slower than usual, or else an instance that fails fast would win. */
const FAULT_FACTOR = 3
const LEAST_FAULT_MS = 50
const MOST_MS = 60_000
/** Of an instance nothing is known of, when there is none to compare it with, ms. */
const FIRST_GUESS_MS = 1
/** An instance that has answered nothing yet gets one call at a time. */
const UNPROVEN_FACTOR = 1_000

/** What an instance has to do for this process, and how quickly it answers. */
export type Load = {
  /** Calls under way. */
  inFlight: number
  /** When each of them was begun, the oldest first. */
  readonly begun: Set<Begun>
  /** Peak-EWMA of its latency at `seenAt`, ms; negative: nothing has ended yet. */
  latencyMs: number
  seenAt: number
}

/** A call under way; ms since the epoch. */
type Begun = Readonly<{ at: number }>

export const newLoad = (): Load => ({ inFlight: 0, begun: new Set(), latencyMs: -1, seenAt: 0 })

/** Counts a call that goes to the instance now; what it answers ends that. */
export function begin(load: Load, nowMs: number): () => void {
  const begun = { at: nowMs }
  load.begun.add(begun)
  load.inFlight += 1
  return () => {
    load.begun.delete(begun)
    load.inFlight -= 1
  }
}

/**
 * What one more call would cost: expected latency by calls that it would share the instance with. An
 * instance is at least as slow as the oldest of these has waited, so that one that froze is known before
 * a call to it has ended. ms
 */
export function costOf(load: Load, nowMs: number, usualMs = FIRST_GUESS_MS): number {
  if (load.latencyMs < 0) return usualMs * (1 + load.inFlight * UNPROVEN_FACTOR)
  return Math.max(latencyAt(load, nowMs), waitedMs(load, nowMs)) * (load.inFlight + 1)
}

function waitedMs({ begun }: Load, nowMs: number): number {
  for (const { at } of begun) return nowMs - at
  return 0
}

/**
 * Takes a latency in: a higher one at once, a lower one by and by, so that an instance that is slow now
 * is known as slow now (Peak-EWMA: twitter/finagle, loadbalancer/PeakEwma.scala).
 */
export function observe(load: Load, latencyMs: number, isFault: boolean, nowMs: number): void {
  const known = Math.max(0, load.latencyMs)
  const felt = isFault ? Math.max(latencyMs, LEAST_FAULT_MS, known * FAULT_FACTOR) : latencyMs
  const bounded = Math.min(MOST_MS, Math.max(0, felt))
  if (bounded >= known || load.latencyMs < 0) load.latencyMs = bounded
  else {
    const weight = Math.exp(-Math.max(0, nowMs - load.seenAt) / DECAY_MS)
    load.latencyMs = known * weight + bounded * (1 - weight)
  }
  load.seenAt = nowMs
}

/** Without calls a latency fades, so that an instance that was slow once is asked again. ms */
function latencyAt({ latencyMs, seenAt }: Load, nowMs: number): number {
  return latencyMs * Math.exp(-Math.max(0, nowMs - seenAt) / DECAY_MS)
}

import type { Outcome } from '../events/event.ts'
import { bucketOf } from '../sketch/ddsketch.ts'
import { hourOf, periodOf } from './forgetting.ts'

/** The longest context that is counted, operations. */
export const MAX_DEPTH = 4

/** Fills the places of a context that is shorter than `MAX_DEPTH`. */
export const NOTHING = -1

/** The place of a first operation for what has no session: it counts, and follows nothing. */
export const ALONE = -2

/** Marks, in place of a context's second operation, two operations of one session. */
export const TOGETHER = -3

/** The depth under which they are kept. */
export const TOGETHER_DEPTH = -1

/** How often `next` followed the context c4 c3 c2 c1 in a period. */
export type NgramCount = {
  readonly scope: number
  readonly c1: number
  readonly c2: number
  readonly c3: number
  readonly c4: number
  readonly next: number
  readonly period: number
  readonly depth: number
  count: number
  /** Own times, microseconds. */
  first: number
  last: number
}

/** Waits from `operation` to `next`, or durations where `next` is `NOTHING`, in a period. */
export type SketchCount = Readonly<{
  scope: number
  operation: number
  next: number
  period: number
  /** Changes of the sketch's counts, by bucket. */
  buckets: Map<number, number>
}>

/** How an operation ended in an hour. */
export type PulseCount = {
  readonly scope: number
  readonly operation: number
  readonly hour: number
  ok: number
  error: number
  cancelled: number
  timed: number
  /** Sum of round(1000 ln microseconds) over the timed ones. */
  logSum: number
  first: number
  last: number
}

/** Adding, or taking out what was added before. */
export type Sign = 1 | -1

/**
 * Changes of every count that learning keeps, by key. All are integers that add up, so any split of
 * a set of events into changes gives the same sums.
 */
export type Counts = Readonly<{
  ngrams: Map<string, NgramCount>
  sketches: Map<string, SketchCount>
  pulses: Map<string, PulseCount>
}>

export function noCounts(): Counts {
  return { ngrams: new Map(), sketches: new Map(), pulses: new Map() }
}

/** Counts `next` after every context that the operations before it make, the latest last. */
export function countNext(
  { ngrams }: Counts,
  sign: Sign,
  scope: number,
  before: readonly number[],
  next: number,
  at: number,
): void {
  const period = periodOf(at)
  const length = before.length
  const c1 = before[length - 1] ?? NOTHING
  const c2 = before[length - 2] ?? NOTHING
  const c3 = before[length - 3] ?? NOTHING
  const c4 = before[length - 4] ?? NOTHING
  const tail = `${next},${period}`
  countNgram(ngrams, `${scope},-,${tail}`, sign, at, () =>
    ngram(scope, NOTHING, NOTHING, NOTHING, NOTHING, next, period, 0),
  )
  if (length === 0) return
  countNgram(ngrams, `${scope},${c1},${tail}`, sign, at, () =>
    ngram(scope, c1, NOTHING, NOTHING, NOTHING, next, period, 1),
  )
  if (length === 1) return
  countNgram(ngrams, `${scope},${c1},${c2},${tail}`, sign, at, () =>
    ngram(scope, c1, c2, NOTHING, NOTHING, next, period, 2),
  )
  if (length === 2) return
  countNgram(ngrams, `${scope},${c1},${c2},${c3},${tail}`, sign, at, () =>
    ngram(scope, c1, c2, c3, NOTHING, next, period, 3),
  )
  if (length === 3) return
  countNgram(ngrams, `${scope},${c1},${c2},${c3},${c4},${tail}`, sign, at, () =>
    ngram(scope, c1, c2, c3, c4, next, period, 4),
  )
}

/** Counts an operation of an event without a session. */
export function countAlone(counts: Counts, scope: number, operation: number, at: number): void {
  const period = periodOf(at)
  countNgram(counts.ngrams, `${scope},alone,${operation},${period}`, 1, at, () =>
    ngram(scope, ALONE, NOTHING, NOTHING, NOTHING, operation, period, 0),
  )
}

/** Counts the time from an operation's start to the next one's, microseconds. */
export function countWait(
  counts: Counts,
  sign: Sign,
  scope: number,
  from: number,
  to: number,
  at: number,
  wait: number,
): void {
  countBucket(counts, sign, scope, from, to, at, wait)
}

/** Counts how an execution ended; one that was cancelled tells nothing of how long it takes. */
export function countEnd(
  counts: Counts,
  sign: Sign,
  scope: number,
  operation: number,
  at: number,
  outcome: Outcome | null,
  duration: number | null,
): void {
  if (outcome === null && duration === null) return
  const pulse = pulseOf(counts, scope, operation, at)
  if (outcome !== null) pulse[outcome] += sign
  if (duration === null || outcome === 'cancelled') return
  pulse.timed += sign
  pulse.logSum += sign * Math.round(1_000 * Math.log(Math.max(duration, 1)))
  countBucket(counts, sign, scope, operation, NOTHING, at, duration)
}

/** Counts a session in which two operations were used; one operation with itself: a session with it. */
export function countTogether(
  { ngrams }: Counts,
  sign: Sign,
  scope: number,
  [one, other]: readonly [number, number],
  began: number,
  last: number,
): void {
  const period = periodOf(began)
  const a = Math.min(one, other)
  const b = Math.max(one, other)
  const make = () => ngram(scope, a, TOGETHER, NOTHING, NOTHING, b, period, TOGETHER_DEPTH)
  countNgram(ngrams, `${scope},${a}+${b},${period}`, sign, last, make)
}

function ngram(
  scope: number,
  c1: number,
  c2: number,
  c3: number,
  c4: number,
  next: number,
  period: number,
  depth: number,
): NgramCount {
  const times = { first: Number.MAX_SAFE_INTEGER, last: Number.MIN_SAFE_INTEGER }
  return { scope, c1, c2, c3, c4, next, period, depth, count: 0, ...times }
}

function countNgram(
  ngrams: Map<string, NgramCount>,
  key: string,
  sign: Sign,
  at: number,
  make: () => NgramCount,
): void {
  let entry = ngrams.get(key)
  if (!entry) {
    entry = make()
    ngrams.set(key, entry)
  }
  entry.count += sign
  if (sign < 0) return
  if (at < entry.first) entry.first = at
  if (at > entry.last) entry.last = at
}

function countBucket(
  { sketches }: Counts,
  sign: Sign,
  scope: number,
  operation: number,
  next: number,
  at: number,
  micros: number,
): void {
  const period = periodOf(at)
  const bucket = bucketOf(micros)
  const key = `${scope},${operation},${next},${period}`
  let sketch = sketches.get(key)
  if (!sketch) {
    sketch = { scope, operation, next, period, buckets: new Map() }
    sketches.set(key, sketch)
  }
  sketch.buckets.set(bucket, (sketch.buckets.get(bucket) ?? 0) + sign)
}

function pulseOf({ pulses }: Counts, scope: number, operation: number, at: number): PulseCount {
  const hour = hourOf(at)
  const key = `${scope},${operation},${hour}`
  let entry = pulses.get(key)
  if (!entry) {
    const times = { first: at, last: at }
    const none = { ok: 0, error: 0, cancelled: 0, timed: 0, logSum: 0 }
    entry = { scope, operation, hour, ...none, ...times }
    pulses.set(key, entry)
  }
  if (at < entry.first) entry.first = at
  if (at > entry.last) entry.last = at
  return entry
}

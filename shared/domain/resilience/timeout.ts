import type { LearnedOperation } from '../catalog/learned-operation.ts'
import { defaultTimeoutRules, type TimeoutRules } from './rules.ts'

const DAY_MS = 86_400_000

/** Learned longer ago, it says nothing of the service as it is. */
const LEARNED_FOR_MS = 7 * DAY_MS
/** Of fewer calls the 99th percentile is a guess. */
const LEAST_CALLS = 100
/** How much slower than the slowest hundredth an answer may be before it counts as none. */
const TOLERANCE = 3

export type Waiting = Readonly<{
  nowMs: number
  /** What traffic taught of this operation of this version. */
  learned?: LearnedOperation | undefined
  rules?: Partial<TimeoutRules> | undefined
  /** The operation's own time-out. */
  operationMs?: number | undefined
  /** When the request as a whole is over, ms since the epoch: the caller's deadline or rules' `maxMs`. */
  deadline?: number | undefined
}>

/** How long an answer is waited for, and who decided that. */
export type Patience = Readonly<{
  /** Of one instance. 0: the deadline is over. */
  ms: number
  /** Of all attempts together: where one is given up early, there is time for another. */
  totalMs: number
  why: 'operation' | 'learned' | 'default' | 'deadline'
}>

/** How long an answer is waited for: never longer than the caller waits. */
export function patienceOf(waiting: Waiting): Patience {
  const own = withoutDeadline(waiting)
  const leftMs = Math.max(0, (waiting.deadline ?? Number.POSITIVE_INFINITY) - waiting.nowMs)
  const totalMs = Math.min(own.totalMs, leftMs)
  return leftMs >= own.ms ? { ...own, totalMs } : { ms: leftMs, totalMs, why: 'deadline' }
}

function withoutDeadline({ learned, rules, operationMs, nowMs }: Waiting): Patience {
  const { defaultMs, minMs, maxMs } = { ...defaultTimeoutRules, ...rules }
  const once = (ms: number, why: Patience['why']) => ({ ms, totalMs: ms, why })
  if (operationMs !== undefined) return once(Math.min(operationMs, maxMs), 'operation')
  if (!learned || !isTelling(learned, nowMs)) return once(defaultMs, 'default')
  const ms = Math.min(maxMs, Math.max(minMs, TOLERANCE * learned.p99Ms))
  return { ms, totalMs: Math.max(ms, defaultMs), why: 'learned' }
}

/** After how long a second instance is asked as well; undefined where nothing was learned. ms */
export function hedgeDelayOf(
  learned: LearnedOperation | undefined,
  nowMs: number,
): number | undefined {
  return learned && isTelling(learned, nowMs) ? Math.max(1, learned.p95Ms) : undefined
}

function isTelling({ calls, learnedAt }: LearnedOperation, nowMs: number): boolean {
  return calls >= LEAST_CALLS && nowMs - Date.parse(learnedAt) < LEARNED_FOR_MS
}

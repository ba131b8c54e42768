/** When a circuit opens and closes. */
export type BreakerRules = Readonly<{
  model: 'consecutive' | 'failure-rate'
  /** Faults in a row that open it (consecutive). */
  failures: number
  /** Share of faults within the window that opens it, 0..1 (failure-rate). */
  failureRate: number
  windowMs: number
  /** Fewer calls than this within the window open nothing (failure-rate). */
  minimumCalls: number
  openMs: number
  /** A call that takes longer counts as a fault; 0: none does. */
  slowMs: number
}>

export const defaultBreakerRules: BreakerRules = {
  model: 'consecutive',
  failures: 5,
  failureRate: 0.5,
  windowMs: 30_000,
  minimumCalls: 20,
  openMs: 30_000,
  slowMs: 0,
}

/** What may be done again elsewhere, and how long an answer is waited for. */
export type RetryRules = Readonly<{
  /** Calls per request at most, the first included; 1 turns retries off. */
  attempts: number
  /** Retries as a share of the requests of the last 10 s, 0..1. */
  budget: number
  /** Whether an idempotent request goes to a second instance when it is slower than the learned p95. */
  hedge: boolean
}>

export const defaultRetryRules: RetryRules = { attempts: 3, budget: 0.1, hedge: false }

/** How long an answer is waited for: three times the learned p99 within these bounds, else the default. ms */
export type TimeoutRules = Readonly<{ defaultMs: number; minMs: number; maxMs: number }>

/** Below API Gateway's 29 s. */
export const defaultTimeoutRules: TimeoutRules = { defaultMs: 10_000, minMs: 250, maxMs: 28_000 }

import { faultWindow } from './fault-window.ts'

/** For how long requests count, ms. */
const WINDOW_MS = 10_000
/** So many retries in the window are free, so that a service with little traffic has some too. */
const FREE_RETRIES = 3

/**
 * Keeps retries to a share of the requests, so that a service which is down does not get a multiple of
 * its load (Finagle's RetryBudget, Envoy's retry_budget).
 */
export type RetryBudget = Readonly<{
  /** Counts a request; retries of it are not counted again. */
  requested(nowMs: number): void
  /** Whether a retry is within the budget; if so it is spent. @param share of the requests, 0..1 */
  spend(share: number, nowMs: number): boolean
}>

export function retryBudget(): RetryBudget {
  const requests = faultWindow(WINDOW_MS)
  const retries = faultWindow(WINDOW_MS)
  return {
    requested: (nowMs) => requests.add(false, nowMs),
    spend(share, nowMs) {
      const most = Math.max(share > 0 ? FREE_RETRIES : 0, share * requests.calls(nowMs))
      if (retries.calls(nowMs) + 1 > most) return false
      retries.add(true, nowMs)
      return true
    },
  }
}

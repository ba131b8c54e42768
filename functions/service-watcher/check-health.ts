import { setTimeout as pause } from 'node:timers/promises'
import { conditionOf } from '#shared/domain/services/check-answer.ts'
import { errorFields, log } from '#shared/log.ts'
import type { CheckReport, DueCheck, HealthChecks } from '#shared/ports/health-checks.ts'
import { isPassing } from './passing.ts'

/** Asks a URL that an instance gave and answers the status. @throws whatever kept it from being known */
export type AskCheck = (check: Pick<DueCheck, 'url' | 'timeoutMs'>) => Promise<number>

type Parts = Readonly<{ checks: HealthChecks; ask: AskCheck; random: () => number }>

/** Asked at once at most: 10,000 instances that answer in 5 ms take a second. */
const AT_ONCE = 50
/** Between two looks for what is due, ms. Due times lie as far apart as instances registered. */
const LOOK_MS = 250
/** Answers within so long are reported together, ms. */
const REPORT_MS = 50
const SWEEP_MS = 1_000
/** Each is asked up to so much later than it is due, ms: what registered together drifts apart. */
const SPREAD_MS = 250
const LONGEST_NOTE = 200

/** Asks instances whose check is due and notices who is silent, until the signal aborts. */
export async function checkHealth(parts: Parts, signal: AbortSignal): Promise<void> {
  await Promise.all([askDue(parts, signal), sweep(parts, signal)])
}

async function askDue({ checks, ask, random }: Parts, signal: AbortSignal): Promise<void> {
  let found: CheckReport[] = []
  let underWay = 0

  async function askOne(check: DueCheck): Promise<void> {
    underWay += 1
    await slept(random() * SPREAD_MS, signal)
    const { service, id, lease } = check
    const answer = await ask(check).then(
      (status) => ({ condition: conditionOf(status), note: `answered ${status}` }),
      (error: Error) => ({
        condition: 'critical' as const,
        note: error.message.slice(0, LONGEST_NOTE).toWellFormed(),
      }),
    )
    // One that was cut off says nothing of the instance; its lease ends.
    if (!signal.aborted) found.push({ service, id, lease, ...answer })
    underWay -= 1
  }

  while (!signal.aborted) {
    try {
      const reports = found
      found = []
      // Reports that can't be kept are lost: their leases end, and the instances are asked again.
      await checks.report(reports)
      const room = AT_ONCE - underWay
      const due = room > 0 ? await checks.due(room) : []
      for (const check of due) void askOne(check)
      await slept(underWay > 0 ? REPORT_MS : LOOK_MS, signal)
    } catch (error) {
      if (!isPassing(error)) throw error
      log('warn', 'watcher.checks-failed', errorFields(error))
      await slept(SWEEP_MS, signal)
    }
  }
}

async function sweep({ checks }: Parts, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await slept(SWEEP_MS, signal)
    if (signal.aborted) return
    try {
      await checks.sweep()
    } catch (error) {
      if (!isPassing(error)) throw error
      log('warn', 'watcher.sweep-failed', errorFields(error))
    }
  }
}

async function slept(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined)
}

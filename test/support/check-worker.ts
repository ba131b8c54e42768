import { setTimeout as pause } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { CheckReport, DueCheck, HealthChecks } from '#shared/ports/health-checks.ts'

const ROUND_MS = 50

/** Does the checks of a directory until the test ends, as a watcher does. */
export function workOn(checks: HealthChecks): void {
  const stop = new AbortController()
  const working = (async () => {
    while (!stop.signal.aborted) {
      await checks.sweep()
      await checks.report(await Promise.all((await checks.due(100)).map(check)))
      await pause(ROUND_MS, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  })()
  // The test's end shows it.
  working.catch(() => undefined)
  onTestFinished(async () => {
    stop.abort()
    await working
    await checks.close()
  })
}

async function check({ url, timeoutMs, ...of }: DueCheck): Promise<CheckReport> {
  try {
    const { status, ok } = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const condition = ok ? 'passing' : status === 429 ? 'warning' : 'critical'
    return { ...of, condition, note: `GET ${url}: ${status}` }
  } catch (error) {
    return { ...of, condition: 'critical', note: `GET ${url}: ${String(error)}` }
  }
}

import { randomUUID } from 'node:crypto'
import type { FunctionHost } from '../lambda/function-host.ts'
import type { FunctionPlan } from '../template/functions.ts'
import type { SchedulePlan } from '../template/schedules.ts'

type ScheduledHost = Pick<FunctionHost, 'notify'> &
  Readonly<{ plan: Pick<FunctionPlan, 'timeoutMs'> }>

/** Between two runs of a function that is always on, ms: one that fails at once is not called in a loop. */
const PAUSE_MS = 250

/**
 * Calls a function again and again until stopped; a run that is not over when the next is due is left alone.
 * One whose time is longer than its interval is meant to be always on: it is called at once, and as soon
 * as it has ended.
 */
export function runSchedule(
  schedule: SchedulePlan,
  host: ScheduledHost,
  now: () => Date,
): () => void {
  const isAlwaysOn = host.plan.timeoutMs > schedule.everyMs
  let running = false
  let stopped = false
  function run(): void {
    if (running || stopped) return
    running = true
    // How it went stands in the function's own log lines; the next run does the work again.
    void host.notify(schedule.input ?? scheduledEvent(schedule.rule, now())).then(() => {
      running = false
      if (isAlwaysOn) setTimeout(run, PAUSE_MS).unref()
    })
  }
  if (isAlwaysOn) run()
  const timer = setInterval(run, schedule.everyMs)
  return () => {
    stopped = true
    clearInterval(timer)
  }
}

/** The event of an EventBridge schedule rule (EventBridge user guide, "Scheduled Event"). */
export function scheduledEvent(rule: string, now: Date) {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: '000000000000',
    time: now.toISOString().replace(/\.\d+Z$/, 'Z'),
    region: 'local',
    resources: [`arn:aws:events:local:000000000000:rule/${rule}`],
    detail: {},
  }
}

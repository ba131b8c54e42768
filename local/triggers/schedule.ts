import { randomUUID } from 'node:crypto'
import type { FunctionHost } from '../lambda/function-host.ts'
import type { SchedulePlan } from '../template/schedules.ts'

/** Calls a function again and again until stopped; a run that is not over when the next is due is left alone. */
export function runSchedule(
  schedule: SchedulePlan,
  host: Pick<FunctionHost, 'notify'>,
  now: () => Date,
): () => void {
  let running = false
  const timer = setInterval(() => {
    if (running) return
    running = true
    // How it went stands in the function's own log lines; the next run does the work again.
    void host.notify(schedule.input ?? scheduledEvent(schedule.rule, now())).then(() => {
      running = false
    })
  }, schedule.everyMs)
  return () => clearInterval(timer)
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

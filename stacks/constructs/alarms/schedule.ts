import type { Construct } from 'constructs'
import { alarm } from '../alarm.ts'
import { functionMetric } from '../metrics.ts'

/** Rings when the clock stops calling a function: it does not fail then, it just never runs. */
export function silentScheduleAlarm(scope: Construct, functionName: string, impact: string): void {
  alarm(scope, {
    name: `${functionName}-silent`,
    impact,
    metric: functionMetric(functionName, 'Invocations', 'Sum'),
    threshold: 1,
    below: true,
    bad: 5,
    silenceIsBad: true,
  })
}

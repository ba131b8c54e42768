import { Duration } from 'aws-cdk-lib'
import { MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { STAGE_NAME } from '../access-log.ts'
import { alarm } from '../alarm.ts'
import { functionMetric, metricOf } from '../metrics.ts'

/** Many senders of hooks give up after some seconds; well before that, someone has to know. */
const SLOW_MS = 2_000

/** CloudWatch takes no more metrics into one alarm. */
const MAX_METRICS = 10

/** Alarms on what callers of the API notice beside errors. */
export function requestAlarms(scope: Construct, apiName: string, served: readonly string[]): void {
  const intake = { ApiName: apiName, Stage: STAGE_NAME, Method: 'POST', Resource: '/hooks' }
  alarm(scope, {
    name: 'intake-slow',
    impact: 'Senders of hooks wait for seconds; those with short time-outs give up and repeat.',
    metric: metricOf('AWS/ApiGateway', 'Latency', intake, 'p99'),
    threshold: SLOW_MS,
    bad: 3,
  })
  if (served.length > MAX_METRICS) {
    throw new Error(`calls-throttled can watch ${MAX_METRICS} functions, not ${served.length}`)
  }
  const throttles = served.map((name, at) => [`t${at}`, functionMetric(name, 'Throttles', 'Sum')])
  alarm(scope, {
    name: 'calls-throttled',
    impact: 'Some calls are refused since too many functions run at once; hooks are sent again.',
    metric: new MathExpression({
      expression: throttles.map(([id]) => id).join(' + '),
      usingMetrics: Object.fromEntries(throttles),
      label: 'refused executions',
      period: Duration.minutes(1),
    }),
    threshold: 1,
    bad: 3,
  })
}

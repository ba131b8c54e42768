import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { alarm } from '../alarm.ts'
import { metricOf } from '../metrics.ts'

/** The drain tries anew within seconds of the log's return; an outage of minutes is known otherwise. */
const SPILL_AGE_S = 300

/** Alarms on the queue that holds hooks while the log is away, and on the one behind it. */
export function spillAlarms(
  scope: Construct,
  names: Readonly<{ queue: string; deadLetters: string }>,
): readonly IMetric[] {
  const queue = { QueueName: names.queue }
  const age = metricOf('AWS/SQS', 'ApproximateAgeOfOldestMessage', queue, 'Maximum')
  const waiting = metricOf('AWS/SQS', 'ApproximateNumberOfMessagesVisible', queue, 'Maximum')
  alarm(scope, {
    name: 'spill-age',
    impact: 'Hooks were accepted but are not on the log yet: they wait in the spill.',
    metric: age,
    threshold: SPILL_AGE_S,
    bad: 3,
  })
  queueAlarm(scope, names.deadLetters, {
    name: 'spill-dead-letters',
    impact: 'Accepted hooks are missing: they could not be moved from the spill to the log.',
  })
  return [age, waiting]
}

/** Rings when anything lies in a queue that ought to be empty. */
export function queueAlarm(
  scope: Construct,
  queueName: string,
  { name, impact }: Readonly<{ name: string; impact: string }>,
): void {
  const waiting = 'ApproximateNumberOfMessagesVisible'
  alarm(scope, {
    name,
    impact,
    metric: metricOf('AWS/SQS', waiting, { QueueName: queueName }, 'Maximum'),
    threshold: 1,
    bad: 1,
  })
}

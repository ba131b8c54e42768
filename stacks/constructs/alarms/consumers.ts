import { AlarmRule, CompositeAlarm, type IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import { FilterPattern, type ILogGroup, MetricFilter } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { Settings } from '../../settings.ts'
import { alarm, alarmName } from '../alarm.ts'
import { consumerGroup } from '../consumer.ts'
import { functionMetric, metricOf } from '../metrics.ts'

/** A function that reads the log, what of it, and where it says what it put aside. */
export type WatchedConsumer = Readonly<{
  name: string
  topics: readonly string[]
  logGroup: ILogGroup
}>

/** Events are readable within a second; five minutes is an outage, far below the log's retention. */
const LATE_S = 300

/** Where no time is known, records: five minutes at 100 events/s. */
const LATE_RECORDS = 30_000

const NAMESPACE = 'OmniNodeBridge'
const BURIED = 'RecordsBuried'

/**
 * Rings when a consumer falls behind. MSK tells the lag of each group in seconds, while the group is
 * stable; Lambda's pollers count it in records, and are all that AWS knows of brokers not its own.
 */
export function lagAlarms(
  scope: Construct,
  { name: consumer, topics }: WatchedConsumer,
  clusterName: string | undefined,
): readonly IMetric[] {
  const name = `${consumer}-lag`
  const impact = `What was accepted has no effect yet: ${consumer} is minutes behind the log.`
  const records = functionMetric(consumer, 'OffsetLag', 'Maximum')
  if (clusterName === undefined) {
    alarm(scope, { name, impact, metric: records, threshold: LATE_RECORDS, bad: 5 })
    return [records]
  }
  const lags = topics.map((topic) => {
    const dimensions = {
      'Cluster Name': clusterName,
      'Consumer Group': consumerGroup(consumer, topic),
      Topic: topic,
    }
    const metric = metricOf('AWS/Kafka', 'EstimatedMaxTimeLag', dimensions, 'Maximum')
    return { topic, metric }
  })
  const perTopic = lags.map(({ topic, metric }) =>
    alarm(scope, {
      name: `${name}/${topic}`,
      impact: `${consumer} is minutes behind on ${topic}.`,
      metric,
      threshold: LATE_S,
      bad: 5,
      quiet: true,
    }),
  )
  // MSK is silent while a group is without a stable set of readers, which is when lag grows.
  const counted = alarm(scope, {
    name: `${name}/records`,
    impact: `${consumer} has many records before it.`,
    metric: records,
    threshold: LATE_RECORDS,
    bad: 5,
    quiet: true,
  })
  new CompositeAlarm(scope, `Alarm-${name}`, {
    compositeAlarmName: alarmName(scope, name),
    alarmDescription: impact,
    alarmRule: AlarmRule.anyOf(...perTopic, counted),
  })
  return lags.map(({ topic, metric }) => metric.with({ label: topic }))
}

/**
 * Rings when consumers put records aside, or when Lambda can't put aside what it gave up on. Kafka
 * has no metric of what lies on a topic, so the consumers' own log lines are counted; what Lambda
 * itself puts aside has failed again and again before, so the function's error alarm has rung.
 */
export function deadLetterAlarms(
  scope: Construct,
  consumers: readonly WatchedConsumer[],
  pollers: Settings['pollers'],
): readonly IMetric[] {
  for (const { name, logGroup } of consumers) {
    new MetricFilter(scope, `Buried-${name}`, {
      logGroup,
      filterPattern: FilterPattern.stringValue('$.code', '=', 'records_buried'),
      metricNamespace: NAMESPACE,
      metricName: BURIED,
      metricValue: '$.records',
    })
    // On demand, Lambda gives nothing up and so puts nothing aside.
    if (pollers === 'on-demand') continue
    alarm(scope, {
      name: `${name}-records-lost`,
      impact: `Events are lost to ${name}: they failed, and could not be put aside either.`,
      metric: functionMetric(name, 'DestinationDeliveryFailures', 'Sum'),
      threshold: 1,
      bad: 1,
    })
  }
  const buried = metricOf(NAMESPACE, BURIED, {}, 'Sum')
  alarm(scope, {
    name: 'dead-letters',
    impact: 'Some accepted events are missing: they could not be processed and lie aside, whole.',
    metric: buried,
    threshold: 1,
    bad: 1,
  })
  return [buried]
}

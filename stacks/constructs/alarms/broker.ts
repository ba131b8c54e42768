import { Duration } from 'aws-cdk-lib'
import { type IMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { alarm } from '../alarm.ts'
import { metricOf } from '../metrics.ts'

/** MSK asks for 60 % in use at most, so that two brokers can carry the load of a third that fails. */
const IDLE_PERCENT = 40
/** An append that waits so long is noticed by whoever sends a hook. */
const THROTTLED_MS = 100
/** Express storage has no end but a price: seven days of 500 hooks/s of 2 KB are some 600 GB. */
const STORAGE_BYTES = 600e9

/**
 * Alarms on an MSK cluster of Express brokers. Partitions and disks are MSK's own business there:
 * metrics such as UnderReplicatedPartitions and KafkaDataLogsDiskUsed don't exist (MSK developer
 * guide, "metrics for monitoring Express brokers"). MSK Serverless has none of these at all.
 */
export function expressBrokerAlarms(scope: Construct, clusterName: string): readonly IMetric[] {
  const cluster = { 'Cluster Name': clusterName }
  const idle = overBrokers(clusterName, 'MIN(CpuIdle)', 'idle time of the busiest broker, %')
  const held = 'MAX(ProduceThrottleTime)'
  const throttled = overBrokers(clusterName, held, 'time that appends are held back, ms')
  const storage = metricOf('AWS/Kafka', 'StorageUsed', cluster, 'Maximum')
  alarm(scope, {
    name: 'broker-controller',
    impact: 'The log can not recover from a broker that fails: intake may stop.',
    metric: metricOf('AWS/Kafka', 'ActiveControllerCount', cluster, 'Maximum'),
    threshold: 1,
    below: true,
    bad: 5,
    silenceIsBad: true,
  })
  alarm(scope, {
    name: 'broker-cpu',
    impact: 'Hooks are answered more slowly, and one broker that fails would overload the others.',
    metric: idle,
    threshold: IDLE_PERCENT,
    below: true,
    bad: 10,
    of: 15,
  })
  alarm(scope, {
    name: 'broker-throttled',
    impact: 'Hooks are answered more slowly: more is appended than the brokers are sized for.',
    metric: throttled,
    threshold: THROTTLED_MS,
    bad: 5,
  })
  alarm(scope, {
    name: 'broker-storage',
    impact: 'Nothing is noticed but the bill: the log holds more than it was planned for.',
    metric: storage,
    threshold: STORAGE_BYTES,
    bad: 5,
  })
  return [idle, throttled]
}

/** The highest or lowest of a metric over all brokers, however many there are. */
function overBrokers(clusterName: string, select: string, label: string): MathExpression {
  return new MathExpression({
    expression: `SELECT ${select} FROM SCHEMA("AWS/Kafka", "Broker ID", "Cluster Name") WHERE "Cluster Name" = '${clusterName}'`,
    usingMetrics: {},
    label,
    period: Duration.minutes(1),
  })
}

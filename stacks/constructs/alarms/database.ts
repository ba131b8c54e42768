import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { alarm } from '../alarm.ts'
import { metricOf } from '../metrics.ts'

/** Above this, queries queue for a processor. */
const CPU_PERCENT = 90
/** Of the highest capacity that the cluster may scale to. */
const CAPACITY_PERCENT = 95
/** Aurora replicas are usually some 20 ms behind. */
const REPLICA_LAG_MS = 2_000
/** Concurrency bounds connections: recorder 10, learners 15, streams 100, calls with limits 150, readers. */
const CONNECTIONS = 400

/** Alarms on an Aurora cluster; returns what a dashboard shows of it. */
export function databaseAlarms(
  scope: Construct,
  clusterIdentifier: string,
  readers: number,
): readonly IMetric[] {
  const cluster = { DBClusterIdentifier: clusterIdentifier }
  const writer = { ...cluster, Role: 'WRITER' }
  const metric = (name: string, statistic: string, dimensions = cluster) =>
    metricOf('AWS/RDS', name, dimensions, statistic)
  const cpu = metric('CPUUtilization', 'Average', writer)
  const capacity = metric('ACUUtilization', 'Maximum', writer)
  const lag = metric('AuroraReplicaLagMaximum', 'Maximum')
  const connections = metric('DatabaseConnections', 'Maximum', writer)
  alarm(scope, {
    name: 'database-cpu',
    impact: 'Events become readable later and reading is slow: the database is busy.',
    metric: cpu,
    threshold: CPU_PERCENT,
    bad: 10,
    of: 15,
  })
  alarm(scope, {
    name: 'database-capacity',
    impact: 'The database can not grow any further: more traffic makes everything slower.',
    metric: capacity,
    threshold: CAPACITY_PERCENT,
    bad: 10,
    of: 15,
  })
  alarm(scope, {
    name: 'database-connections',
    impact: 'Soon functions get no connection: events wait on the log and reading answers 503.',
    metric: connections,
    threshold: CONNECTIONS,
    bad: 5,
  })
  if (readers === 0) return [cpu, capacity, connections]
  alarm(scope, {
    name: 'database-replica-lag',
    impact: 'Readers see an old state: the read replica is seconds behind.',
    metric: lag,
    threshold: REPLICA_LAG_MS,
    bad: 5,
  })
  return [cpu, capacity, connections, lag]
}

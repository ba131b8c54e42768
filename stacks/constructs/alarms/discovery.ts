import type { IMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Construct } from 'constructs'
import { alarm } from '../alarm.ts'
import { metricOf } from '../metrics.ts'

/** A service on Amazon ECS. */
export type EcsService = Readonly<{ clusterName: string; serviceName: string }>

/** Rings when no task of the Consul service reports: every task that runs reports its CPU. */
export function discoveryAlarm(scope: Construct, service: EcsService): readonly IMetric[] {
  const dimensions = { ClusterName: service.clusterName, ServiceName: service.serviceName }
  const running = metricOf('AWS/ECS', 'CPUUtilization', dimensions, 'SampleCount')
  alarm(scope, {
    name: 'discovery-down',
    impact: 'Instances can not register and changes are not seen; what is known is still served.',
    metric: running,
    threshold: 1,
    below: true,
    bad: 5,
    silenceIsBad: true,
  })
  return [running.with({ label: 'reports of running tasks' })]
}

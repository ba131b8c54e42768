import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/service-registry/env.ts'
import { grantWriting } from '../constructs/broker-access.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { Surroundings } from '../surroundings.ts'

type ServiceRegistryProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; accessSnapshotUrl: string }>

/** Where services announce themselves and are listed. */
export class ServiceRegistry extends ServiceFunction {
  constructor(scope: Construct, id: string, props: ServiceRegistryProps) {
    const { surroundings } = props
    super(scope, id, {
      ...props,
      name: 'service-registry',
      seldom: true,
      impact:
        'Services can not register or renew: those with a TTL check become critical, and calls of them fail.',
      timeout: Duration.seconds(10),
      environment: {
        DISCOVERY_URL: surroundings.discoveryUrl,
        EVENT_LOG_URL: surroundings.eventLogUrl,
        ACCESS_SNAPSHOT_URL: props.accessSnapshotUrl,
        UPSTREAM_NETWORKS: surroundings.upstreamNetworks,
      } satisfies Env,
    })
    grantWriting(this.lambda, surroundings.broker, ['services.lifecycle', 'services.health'])
  }
}

import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/version-router/env.ts'
import { grantWriting } from '../constructs/broker-access.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { Surroundings } from '../surroundings.ts'

type VersionRouterProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; accessSnapshotUrl: string; catalogUrl: string }>

/** Routing rules of services: changes them, tries them, says what they come to. */
export class VersionRouter extends ServiceFunction {
  constructor(scope: Construct, id: string, props: VersionRouterProps) {
    const { surroundings } = props
    super(scope, id, {
      ...props,
      name: 'version-router',
      seldom: true,
      impact:
        'Routing rules can not be changed: a bad version keeps its share of calls; calls go on by the rules that are there.',
      // All examples of all transforms are run before rules are taken.
      timeout: Duration.seconds(20),
      environment: {
        DISCOVERY_URL: surroundings.discoveryUrl,
        CATALOG_URL: props.catalogUrl,
        EVENT_LOG_URL: surroundings.eventLogUrl,
        ACCESS_SNAPSHOT_URL: props.accessSnapshotUrl,
        UPSTREAM_NETWORKS: surroundings.upstreamNetworks,
      } satisfies Env,
    })
    grantWriting(this.lambda, surroundings.broker, ['services.lifecycle'])
  }
}

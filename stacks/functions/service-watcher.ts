import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/service-watcher/env.ts'
import { grantWriting } from '../constructs/broker-access.ts'
import { scheduleEvery } from '../constructs/schedule.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { Surroundings } from '../surroundings.ts'

type ServiceWatcherProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; catalogUrl: string }>

/** Longer than two intervals: beside the run that watches, one always waits to take over. */
const TIMEOUT = Duration.seconds(130)
/** Three at the change of runs, and one more where the clock is late. */
const MOST_RUNS = 4

/** Watches services all the time: publishes the catalog and tells the log what happens to them. */
export class ServiceWatcher extends ServiceFunction {
  constructor(scope: Construct, id: string, props: ServiceWatcherProps) {
    const { surroundings } = props
    super(scope, id, {
      ...props,
      name: 'service-watcher',
      impact:
        'Calls go by what was known of services last, marked stale, and after ten minutes by the directory alone; no event tells of services.',
      timeout: TIMEOUT,
      reservedConcurrency: MOST_RUNS,
      environment: {
        DISCOVERY_URL: surroundings.discoveryUrl,
        CATALOG_URL: props.catalogUrl,
        EVENT_LOG_URL: surroundings.eventLogUrl,
        UPSTREAM_NETWORKS: surroundings.upstreamNetworks,
      } satisfies Env,
    })
    grantWriting(this.lambda, surroundings.broker, ['services.lifecycle', 'services.health'])
    scheduleEvery(Duration.minutes(1), this, surroundings.hosting)
  }
}

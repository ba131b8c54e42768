import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/housekeeping/env.ts'
import { grantWriting } from '../constructs/broker-access.ts'
import { scheduleEvery } from '../constructs/schedule.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { Surroundings } from '../surroundings.ts'

type HousekeepingProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; accessSnapshotUrl: string }>

/** What has to happen as time goes by: partitions made ahead and dropped, leases, forgetting. */
export class Housekeeping extends ServiceFunction {
  constructor(scope: Construct, id: string, props: HousekeepingProps) {
    super(scope, id, {
      ...props,
      name: 'housekeeping',
      impact:
        'Old data is not dropped and silent sessions stay open; within a day, recording stops.',
      timeout: Duration.seconds(55),
      reservedConcurrency: 1,
      environment: {
        DATABASE_URL: props.surroundings.databaseUrl,
        DISCOVERY_URL: props.surroundings.discoveryUrl,
        EVENT_LOG_URL: props.surroundings.eventLogUrl,
        ACCESS_SNAPSHOT_URL: props.accessSnapshotUrl,
      } satisfies Env,
    })
    grantWriting(this.lambda, props.surroundings.broker, ['services.lifecycle'])
    scheduleEvery(Duration.minutes(1), this, props.surroundings.hosting)
  }
}

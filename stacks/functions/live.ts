import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/live/env.ts'
import { grantWriting } from '../constructs/broker-access.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { Surroundings } from '../surroundings.ts'

type LiveProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; accessSnapshotUrl: string }>

/** Every open stream is an invocation that lasts; more than this would starve other functions. */
const MAX_STREAMS = 100

/** The live stream of what is recorded, as server-sent events; clients resume when it ends. */
export class Live extends ServiceFunction {
  constructor(scope: Construct, id: string, props: LiveProps) {
    super(scope, id, {
      ...props,
      name: 'live',
      seldom: true,
      impact: 'The live stream is down; the same events can be read from /events.',
      timeout: Duration.minutes(15),
      reservedConcurrency: MAX_STREAMS,
      environment: {
        DATABASE_READER_URL: props.surroundings.databaseReaderUrl,
        EVENT_LOG_URL: props.surroundings.eventLogUrl,
        ACCESS_SNAPSHOT_URL: props.accessSnapshotUrl,
        UPSTREAM_NETWORKS: props.surroundings.upstreamNetworks,
      } satisfies Env,
    })
    grantWriting(this.lambda, props.surroundings.broker, ['services.lifecycle'])
  }
}

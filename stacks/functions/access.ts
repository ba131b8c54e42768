import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/access/env.ts'
import { grantWriting } from '../constructs/broker-access.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { Surroundings } from '../surroundings.ts'

type AccessProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; accessSnapshotUrl: string }>

/** Who may do what, and sources: keeps them and publishes the snapshot that the others authenticate with. */
export class Access extends ServiceFunction {
  constructor(scope: Construct, id: string, props: AccessProps) {
    super(scope, id, {
      ...props,
      name: 'access',
      seldom: true,
      impact: 'Keys and sources can not be changed: a leaked key can not be revoked meanwhile.',
      timeout: Duration.seconds(10),
      environment: {
        DATABASE_URL: props.surroundings.databaseUrl,
        EVENT_LOG_URL: props.surroundings.eventLogUrl,
        ACCESS_SNAPSHOT_URL: props.accessSnapshotUrl,
        SOURCE_SECRETS_KEY: props.surroundings.sourceSecretsKey,
        UPSTREAM_NETWORKS: props.surroundings.upstreamNetworks,
      } satisfies Env,
    })
    grantWriting(this.lambda, props.surroundings.broker, ['services.lifecycle'])
  }
}

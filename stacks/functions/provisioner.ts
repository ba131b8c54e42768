import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/provisioner/env.ts'
import { topics } from '#shared/domain/topics.ts'
import { grantTopicAdministration } from '../constructs/broker-access.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { Surroundings } from '../surroundings.ts'

type ProvisionerProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; accessSnapshotUrl: string }>

/** The deploy step: migrations, topics, the first key. Whoever deploys invokes it between stacks. */
export class Provisioner extends ServiceFunction {
  constructor(scope: Construct, id: string, props: ProvisionerProps) {
    const { surroundings } = props
    super(scope, id, {
      ...props,
      name: 'provisioner',
      seldom: true,
      impact: 'A deployment stays without its tables, topics or first key; what runs goes on.',
      // A migration of much data takes minutes; Lambda allows no more.
      timeout: Duration.minutes(15),
      reservedConcurrency: 1,
      environment: {
        DATABASE_ADMIN_URL: surroundings.databaseAdminUrl,
        APPLICATION_ROLE: surroundings.databaseRole,
        EVENT_LOG_URL: surroundings.eventLogUrl,
        ACCESS_SNAPSHOT_URL: props.accessSnapshotUrl,
      } satisfies Env,
    })
    const names = topics.map(({ name }) => name)
    grantTopicAdministration(this.lambda, surroundings.broker, names)
  }
}

import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/hook-receiver/env.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import { grantWriting } from '../constructs/broker-access.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { SpillQueue } from '../constructs/spill-queue.ts'
import type { Surroundings } from '../surroundings.ts'

type HookReceiverProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; spill: SpillQueue; accessSnapshotUrl: string }>

/** Takes hooks in: durable on the log, or in the spill, before the answer. */
export class HookReceiver extends ServiceFunction {
  constructor(scope: Construct, id: string, props: HookReceiverProps) {
    const { surroundings, spill } = props
    super(scope, id, {
      ...props,
      name: 'hook-receiver',
      impact: 'Hooks are refused: senders must keep and repeat them. What was accepted is safe.',
      timeout: Duration.seconds(10),
      memory: 1_024,
      environment: {
        EVENT_LOG_URL: surroundings.eventLogUrl,
        SPILL_URL: spill.url,
        ACCESS_SNAPSHOT_URL: props.accessSnapshotUrl,
        SOURCE_SECRETS_KEY: surroundings.sourceSecretsKey,
        UPSTREAM_NETWORKS: props.surroundings.upstreamNetworks,
      } satisfies Env,
    })
    spill.grantPut(this.lambda)
    grantWriting(
      this.lambda,
      surroundings.broker,
      eventTopics.map(({ name }) => name),
    )
  }
}

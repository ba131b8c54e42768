import type { Construct } from 'constructs'
import type { Env } from '#functions/spill-drain/env.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import { grantWriting } from '../constructs/broker-access.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import { DRAIN_TIMEOUT, type SpillQueue } from '../constructs/spill-queue.ts'
import type { Surroundings } from '../surroundings.ts'

type SpillDrainProps = FunctionContext & Readonly<{ surroundings: Surroundings; spill: SpillQueue }>

/** Moves what was accepted while the log was away to the log. */
export class SpillDrain extends ServiceFunction {
  constructor(scope: Construct, id: string, props: SpillDrainProps) {
    const { surroundings, spill } = props
    super(scope, id, {
      ...props,
      name: 'spill-drain',
      seldom: true,
      impact:
        'Hooks that came while the log was away are accepted and safe, but not to be seen yet.',
      timeout: DRAIN_TIMEOUT,
      environment: {
        EVENT_LOG_URL: surroundings.eventLogUrl,
        SPILL_URL: spill.url,
      } satisfies Env,
    })
    spill.drainInto(this)
    grantWriting(
      this.lambda,
      surroundings.broker,
      eventTopics.map(({ name }) => name),
    )
  }
}

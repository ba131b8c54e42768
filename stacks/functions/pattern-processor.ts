import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/pattern-processor/env.ts'
import { Consumer } from '../constructs/consumer.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { StageName } from '../stage.ts'
import type { Surroundings } from '../surroundings.ts'

type PatternProcessorProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; stage: StageName }>

/** Records per invocation: one statement writes them all, and 500 events of 2 KB are 1 MB. */
const BATCH_SIZE = 1_000

/** One batch of each partition at a time would allow more; this is what the database takes well. */
const MAX_CONCURRENCY = 10

/** Learns from every event. */
export class PatternProcessor extends ServiceFunction {
  /** Names of what it reads. */
  readonly topics: readonly string[]

  constructor(scope: Construct, id: string, props: PatternProcessorProps) {
    const { surroundings } = props
    super(scope, id, {
      ...props,
      name: 'pattern-processor',
      impact:
        'Patterns and predictions grow old: nothing new is learned, what was learned is still served.',
      timeout: Duration.seconds(60),
      memory: 1_024,
      reservedConcurrency: MAX_CONCURRENCY,
      environment: {
        DATABASE_URL: surroundings.databaseUrl,
      } satisfies Env,
    })
    const { topics } = new Consumer(this, 'Consumer', {
      target: this,
      broker: surroundings.broker,
      stage: props.stage,
      batchSize: BATCH_SIZE,
    })
    this.topics = topics
  }
}

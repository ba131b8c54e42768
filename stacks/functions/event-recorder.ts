import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/event-recorder/env.ts'
import { Consumer } from '../constructs/consumer.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { StageName } from '../stage.ts'
import type { Surroundings } from '../surroundings.ts'

type EventRecorderProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; stage: StageName }>

/** Records per invocation: one statement writes them all, and 500 events of 2 KB are 1 MB. */
const BATCH_SIZE = 1_000

/** One batch of each partition at a time would allow more; this is what the database takes well. */
const MAX_CONCURRENCY = 10

/** Keeps every event, its session and its metrics. */
export class EventRecorder extends ServiceFunction {
  /** Names of what it reads. */
  readonly topics: readonly string[]

  constructor(scope: Construct, id: string, props: EventRecorderProps) {
    const { surroundings } = props
    super(scope, id, {
      ...props,
      name: 'event-recorder',
      impact:
        'Events are not readable yet: they wait on the log and lose nothing until its retention ends.',
      timeout: Duration.seconds(60),
      memory: 1_024,
      reservedConcurrency: MAX_CONCURRENCY,
      environment: {
        DATABASE_URL: surroundings.databaseUrl,
        EVENT_LOG_URL: surroundings.eventLogUrl,
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

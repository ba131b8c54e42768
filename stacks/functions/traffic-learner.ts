import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/traffic-learner/env.ts'
import { topics } from '#shared/domain/topics.ts'
import { grantWriting } from '../constructs/broker-access.ts'
import { Consumer } from '../constructs/consumer.ts'
import { scheduleEvery } from '../constructs/schedule.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { StageName } from '../stage.ts'
import type { Surroundings } from '../surroundings.ts'

type TrafficLearnerProps = FunctionContext &
  Readonly<{ surroundings: Surroundings; stage: StageName }>

/** Calls with bodies are some KB each. */
const BATCH_SIZE = 500
const MAX_CONCURRENCY = 5
const TOPICS = new Set(['tools.calls', 'services.health'])

/** Learns from calls of services: time-outs, compatibility, advice; takes a bad canary back. */
export class TrafficLearner extends ServiceFunction {
  /** Names of what it reads. */
  readonly topics: readonly string[]

  constructor(scope: Construct, id: string, props: TrafficLearnerProps) {
    const { surroundings, stage } = props
    super(scope, id, {
      ...props,
      name: 'traffic-learner',
      impact:
        'Time-outs stay at what was learned before, and a bad canary is not taken back; calls go on.',
      timeout: Duration.seconds(60),
      reservedConcurrency: MAX_CONCURRENCY,
      environment: {
        DATABASE_URL: surroundings.databaseUrl,
        EVENT_LOG_URL: surroundings.eventLogUrl,
        DISCOVERY_URL: surroundings.discoveryUrl,
      } satisfies Env,
    })
    const consumer = new Consumer(this, 'Consumer', {
      target: this,
      broker: surroundings.broker,
      stage,
      batchSize: BATCH_SIZE,
      topics: topics.filter(({ name }) => TOPICS.has(name)),
    })
    this.topics = consumer.topics
    // Where it takes a canary back it says so.
    grantWriting(this.lambda, surroundings.broker, ['services.lifecycle'])
    scheduleEvery(Duration.minutes(1), this, surroundings.hosting)
  }
}

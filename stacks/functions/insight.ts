import { Duration } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import type { Env } from '#functions/insight/env.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import type { WatchedConsumer } from '../constructs/alarms/consumers.ts'
import { grantLagReading, grantWriting } from '../constructs/broker-access.ts'
import { consumerGroup } from '../constructs/consumer.ts'
import { type FunctionContext, ServiceFunction } from '../constructs/service-function.ts'
import type { Surroundings } from '../surroundings.ts'

type InsightProps = FunctionContext &
  Readonly<{
    surroundings: Surroundings
    accessSnapshotUrl: string
    /** Functions whose lag it shows. */
    consumers: readonly WatchedConsumer[]
  }>

/** The reading API: what was recorded, what was learned, how far behind it is. */
export class Insight extends ServiceFunction {
  constructor(scope: Construct, id: string, props: InsightProps) {
    const { surroundings } = props
    super(scope, id, {
      ...props,
      name: 'insight',
      impact: 'Events, sessions, patterns and predictions can not be read. Intake goes on.',
      timeout: Duration.seconds(15),
      environment: {
        DATABASE_READER_URL: surroundings.databaseReaderUrl,
        EVENT_LOG_URL: surroundings.eventLogUrl,
        ACCESS_SNAPSHOT_URL: props.accessSnapshotUrl,
        UPSTREAM_NETWORKS: props.surroundings.upstreamNetworks,
      } satisfies Env,
    })
    const topics = eventTopics.map(({ name }) => name)
    const groups = props.consumers.flatMap(({ name, topics: read }) =>
      read.map((topic) => consumerGroup(name, topic)),
    )
    grantWriting(this.lambda, surroundings.broker, ['services.lifecycle'])
    grantLagReading(this.lambda, surroundings.broker, topics, groups)
  }
}

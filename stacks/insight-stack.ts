import type { App } from 'aws-cdk-lib'
import { routes as insightRoutes } from '#functions/insight/schema.ts'
import { routes as liveRoutes } from '#functions/live/schema.ts'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import type { WatchedConsumer } from './constructs/alarms/consumers.ts'
import { type Served, served } from './constructs/api.ts'
import type { SnapshotBucket } from './constructs/snapshot-bucket.ts'
import { Insight } from './functions/insight.ts'
import { Live } from './functions/live.ts'

type InsightStackProps = Readonly<{
  bucket: SnapshotBucket | undefined
  /** The functions that read the log. */
  consumers: readonly WatchedConsumer[]
}>

/** How what was recorded and learned is read. */
export class InsightStack extends BridgeStack {
  readonly served: readonly Served[]

  constructor(app: App, context: StageContext, { bucket, consumers }: InsightStackProps) {
    super(app, 'insight', context, 'how what was recorded and learned is read')
    const { surroundings } = this
    const accessSnapshotUrl = bucket?.url ?? surroundings.accessSnapshotUrl
    const props = { ...context, surroundings, accessSnapshotUrl }
    const insight = new Insight(this, 'Insight', { ...props, consumers })
    const live = new Live(this, 'Live', props)
    for (const { lambda } of [insight, live]) bucket?.grantRead(lambda)
    this.served = [served(insight, insightRoutes), served(live, liveRoutes)]
  }
}

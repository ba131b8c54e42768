import type { App } from 'aws-cdk-lib'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import { SnapshotBucket } from './constructs/snapshot-bucket.ts'
import { Housekeeping } from './functions/housekeeping.ts'

/** What is kept, and the keeping of it. */
export class DataStack extends BridgeStack {
  /** Holds the snapshot of keys and sources; in other places than AWS a URL is passed in instead. */
  readonly snapshotBucket: SnapshotBucket | undefined

  constructor(app: App, context: StageContext) {
    super(app, 'data', context, 'what is kept, and the keeping of it')
    this.snapshotBucket =
      context.stage === 'aws' ? new SnapshotBucket(this, 'AccessSnapshot') : undefined
    const { surroundings } = this
    const accessSnapshotUrl = this.snapshotBucket?.url ?? surroundings.accessSnapshotUrl
    const props = { ...context, surroundings, accessSnapshotUrl }
    const housekeeping = new Housekeeping(this, 'Housekeeping', props)
    this.snapshotBucket?.grantPublish(housekeeping.lambda)
  }
}

import type { App } from 'aws-cdk-lib'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import { FailedInvocations } from './constructs/failed-invocations.ts'
import { SnapshotBucket } from './constructs/snapshot-bucket.ts'
import { Housekeeping } from './functions/housekeeping.ts'
import { Provisioner } from './functions/provisioner.ts'

/** What is kept, and the keeping of it. */
export class DataStack extends BridgeStack {
  /** Holds the snapshot of keys and sources; in stage local, which has no buckets, a URL is passed in. */
  readonly snapshotBucket: SnapshotBucket | undefined

  constructor(app: App, context: StageContext) {
    super(app, 'data', context, 'what is kept, and the keeping of it')
    this.snapshotBucket =
      context.stage === 'local' ? undefined : new SnapshotBucket(this, 'AccessSnapshot')
    const { surroundings } = this
    const failures = surroundings.hosting.keepsFailedInvocations
      ? [new FailedInvocations(this, 'FailedInvocations')]
      : []
    const accessSnapshotUrl = this.snapshotBucket?.url ?? surroundings.accessSnapshotUrl
    const props = { ...context, surroundings, accessSnapshotUrl }
    const housekeeping = new Housekeeping(this, 'Housekeeping', props)
    // They know the queue by its name, which CloudFormation takes no order from.
    housekeeping.node.addDependency(...failures)
    this.snapshotBucket?.grantPublish(housekeeping.lambda)
    // In stage local the runtime prepares its stores itself, before it loads any function.
    if (context.stage !== 'local') {
      const provisioner = new Provisioner(this, 'Provisioner', props)
      provisioner.node.addDependency(...failures)
      this.snapshotBucket?.grantPublish(provisioner.lambda)
    }
  }
}

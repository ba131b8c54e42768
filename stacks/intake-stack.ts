import type { App } from 'aws-cdk-lib'
import { routes as accessRoutes } from '#functions/access/schema.ts'
import { routes as hookRoutes } from '#functions/hook-receiver/schema.ts'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import { type Served, served } from './constructs/api.ts'
import type { SnapshotBucket } from './constructs/snapshot-bucket.ts'
import { SpillQueue } from './constructs/spill-queue.ts'
import { Access } from './functions/access.ts'
import { HookReceiver } from './functions/hook-receiver.ts'
import { SpillDrain } from './functions/spill-drain.ts'

/** How events come in, and who may send them. */
export class IntakeStack extends BridgeStack {
  readonly served: readonly Served[]

  constructor(app: App, context: StageContext, bucket: SnapshotBucket | undefined) {
    super(app, 'intake', context, 'how events come in, and who may send them')
    const { surroundings } = this
    const accessSnapshotUrl = bucket?.url ?? surroundings.accessSnapshotUrl
    const props = { ...context, surroundings, accessSnapshotUrl }
    const spill = new SpillQueue(this, 'Spill', props)
    const hookReceiver = new HookReceiver(this, 'HookReceiver', { ...props, spill })
    new SpillDrain(this, 'SpillDrain', { ...props, spill })
    const access = new Access(this, 'Access', props)
    bucket?.grantRead(hookReceiver.lambda)
    bucket?.grantPublish(access.lambda)
    this.served = [served(hookReceiver, hookRoutes), served(access, accessRoutes)]
  }
}

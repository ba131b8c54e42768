import { type App, Stack, Tags } from 'aws-cdk-lib'
import type { FunctionContext } from './constructs/service-function.ts'
import type { StageName } from './stage.ts'
import { type Surroundings, surroundings } from './surroundings.ts'

/** What all stacks of a stage share. */
export type StageContext = FunctionContext & Readonly<{ stage: StageName }>

/** A stack of the bridge: named by stage and subject, with its own view of the surroundings. */
export class BridgeStack extends Stack {
  readonly surroundings: Surroundings

  constructor(app: App, subject: string, { stage }: StageContext, description: string) {
    super(app, subject, {
      stackName: `omninode-${stage}-${subject}`,
      description: `OmniNode Bridge: ${description}`,
      // The account and the region are those of whoever deploys; nothing is looked up at synthesis.
      analyticsReporting: false,
    })
    this.surroundings = surroundings(this, stage)
    Tags.of(this).add('omninode:stage', stage)
  }
}

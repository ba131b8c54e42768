import { type App, Stack, Tags } from 'aws-cdk-lib'
import { AccountSurroundings } from './account-surroundings.ts'
import type { FunctionContext } from './constructs/service-function.ts'
import { ParameterSurroundings } from './parameter-surroundings.ts'
import type { Settings } from './settings.ts'
import type { StageName } from './stage.ts'
import type { Surroundings } from './surroundings.ts'

/** What all stacks of a stage share. */
export type StageContext = FunctionContext & Readonly<{ stage: StageName; settings: Settings }>

/** A stack of the bridge: named by stage and subject, with its own view of the surroundings. */
export class BridgeStack extends Stack {
  /** What this stack's functions need to know; each value becomes a parameter of this stack. */
  readonly surroundings: Surroundings

  constructor(app: App, subject: string, { stage, settings }: StageContext, description: string) {
    super(app, subject, {
      stackName: `omninode-${stage}-${subject}`,
      description: `OmniNode Bridge: ${description}`,
      // The account and the region are those of whoever deploys; nothing is looked up at synthesis.
      analyticsReporting: false,
    })
    this.surroundings =
      stage === 'aws'
        ? new AccountSurroundings(this, settings)
        : new ParameterSurroundings(this, stage)
    Tags.of(this).add('omninode:stage', stage)
  }
}

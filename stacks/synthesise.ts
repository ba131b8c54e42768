import { App } from 'aws-cdk-lib'
import cdkSettings from '../cdk.json' with { type: 'json' }
import type { BridgeStack, StageContext } from './bridge-stack.ts'
import { BrokerStack } from './broker-stack.ts'
import { DataStack } from './data-stack.ts'
import { DatabaseStack } from './database-stack.ts'
import { DiscoveryStack } from './discovery-stack.ts'
import { frontDoorSettingNames } from './front-door-settings.ts'
import { FrontDoorStack } from './front-door-stack.ts'
import { InsightStack } from './insight-stack.ts'
import { IntakeStack } from './intake-stack.ts'
import { NetworkStack } from './network-stack.ts'
import { observabilitySettingNames } from './observability-settings.ts'
import { ObservabilityStack } from './observability-stack.ts'
import { ProcessingStack } from './processing-stack.ts'
import { ServicesStack } from './services-stack.ts'
import { readSettings } from './settings.ts'

/** CDK context on top of cdk.json's, as `-c name=value` would give it. */
export type GivenContext = Readonly<Record<string, unknown>>

/** What is synthesised of which bundles; the settings are read from the context. */
export type SynthesisContext = Omit<StageContext, 'settings'>

/** Writes the CloudFormation of one stage into a folder: a cloud assembly that `cdk --app` takes. */
export function synthesise(
  context: SynthesisContext,
  outputFolder: string,
  given: GivenContext = {},
): void {
  buildApp(context, outputFolder, given).synth()
}

/** The constructs of one stage, for who wants to look at them before they are written. */
export function buildApp(
  stage: SynthesisContext,
  outputFolder: string,
  given: GivenContext = {},
): App {
  // The CDK command passes cdk.json's context on; without the command we read it ourselves.
  const app = new App({
    outdir: outputFolder,
    context: { ...cdkSettings.context, ...given },
    analyticsReporting: false,
  })
  const others = ['stage', ...frontDoorSettingNames, ...observabilitySettingNames]
  const settings = readSettings(app.node.getAllContext(), others)
  return addStacks(app, { ...stage, settings })
}

function addStacks(app: App, context: StageContext): App {
  const ground = context.stage === 'aws' ? addGround(app, context) : []
  const data = new DataStack(app, context)
  const bucket = data.snapshotBucket
  const intake = new IntakeStack(app, context, bucket)
  const processing = new ProcessingStack(app, context)
  const { consumers } = processing
  const insight = new InsightStack(app, context, { bucket, consumers })
  const services = new ServicesStack(app, context, bucket)
  const served = [...intake.served, ...insight.served, ...services.served]
  const frontDoor = new FrontDoorStack(app, context, served)
  for (const each of ground) data.addStackDependency(each)
  for (const each of [intake, processing, insight, services]) each.addStackDependency(data)
  if (context.stage === 'aws') {
    const behindApi = served.map(({ name }) => name)
    const watched = { apiName: frontDoor.stackName, served: behindApi, consumers }
    new ObservabilityStack(app, context, watched)
  }
  return app
}

/**
 * What the functions stand on. Values go by parameters, which CloudFormation knows no order of: it is
 * said here. Whatever has functions comes after `data`, whose `provisioner` prepares database and log.
 */
function addGround(app: App, context: StageContext): readonly BridgeStack[] {
  const network = new NetworkStack(app, context)
  const others = [
    new BrokerStack(app, context),
    new DatabaseStack(app, context),
    new DiscoveryStack(app, context),
  ]
  for (const each of others) each.addStackDependency(network)
  return [network, ...others]
}

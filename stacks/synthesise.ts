import { App } from 'aws-cdk-lib'
import cdkSettings from '../cdk.json' with { type: 'json' }
import type { StageContext } from './bridge-stack.ts'
import { DataStack } from './data-stack.ts'
import { FrontDoorStack } from './front-door-stack.ts'
import { InsightStack } from './insight-stack.ts'
import { IntakeStack } from './intake-stack.ts'
import { ProcessingStack } from './processing-stack.ts'

/** Writes the CloudFormation of one stage into a folder: a cloud assembly that `cdk --app` takes. */
export function synthesise(context: StageContext, outputFolder: string): void {
  // The CDK command passes cdk.json's context on; without the command we read it ourselves.
  const app = new App({
    outdir: outputFolder,
    context: cdkSettings.context,
    analyticsReporting: false,
  })
  const data = new DataStack(app, context)
  const bucket = data.snapshotBucket
  const intake = new IntakeStack(app, context, bucket)
  const { consumers } = new ProcessingStack(app, context)
  const insight = new InsightStack(app, context, { bucket, consumers })
  new FrontDoorStack(app, context, [...intake.served, ...insight.served])
  app.synth()
}

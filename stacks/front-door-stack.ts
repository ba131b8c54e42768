import { type App, CfnOutput } from 'aws-cdk-lib'
import { BridgeStack, type StageContext } from './bridge-stack.ts'
import { Api, type Served } from './constructs/api.ts'
import { serverErrorAlarm } from './constructs/error-alarm.ts'

/**
 * The REST API over the functions of all other stacks. It has a stack of its own because it knows
 * functions from several: in any one of theirs, that stack and the others would need each other.
 */
export class FrontDoorStack extends BridgeStack {
  constructor(app: App, context: StageContext, served: readonly Served[]) {
    super(app, 'front-door', context, 'the REST API')
    const { restApi } = new Api(this, 'Api', served)
    serverErrorAlarm(restApi)
    new CfnOutput(this, 'Address', { value: restApi.url, description: 'Where the API answers' })
  }
}

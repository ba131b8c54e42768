import { type Duration, Stack } from 'aws-cdk-lib'
import {
  EndpointType,
  LambdaIntegration,
  ResponseTransferMode,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway'
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Route } from '#shared/domain/http/route.ts'
import type { FrontDoorSettings } from '../front-door-settings.ts'
import { STAGE_NAME } from './access-log.ts'
import { notStreamed, notStreamedOptions } from './not-streamed.ts'
import { operate, operatedProps } from './operated-api.ts'
import type { ServiceFunction } from './service-function.ts'
import { MAX_INTEGRATION_TIMEOUT } from './throttling.ts'

/** A function and the routes its schema declares. */
export type Served = Readonly<{
  name: string
  functionArn: string
  routes: readonly Route[]
  timeout: Duration
}>

/** What the front door needs to know of a function. */
export function served(
  { name, lambda, timeout }: ServiceFunction,
  routes: readonly Route[],
): Served {
  return { name, functionArn: lambda.functionArn, routes, timeout }
}

type ApiProps = Readonly<{
  /** Whether what the API is deployed to can stream a response; LocalStack and MiniStack can't. */
  streams: boolean
  /** What an API in AWS has around it: logs, limits, plans. Left out elsewhere. */
  settings?: FrontDoorSettings
  /** How long its logs are kept. */
  logDays: RetentionDays
}>

/**
 * The REST API in front of the functions. Bodies of every type reach them as the bytes that were
 * sent, since signatures are made over bytes; so nothing but the functions can validate a body.
 */
export class Api extends Construct {
  readonly restApi: RestApi
  readonly #props: ApiProps

  constructor(scope: Construct, id: string, served: readonly Served[], props: ApiProps) {
    super(scope, id)
    this.#props = props
    const { settings, logDays } = props
    const routes = served.flatMap((each) => each.routes)
    this.restApi = new RestApi(this, 'RestApi', {
      restApiName: Stack.of(this).stackName,
      description: 'OmniNode Bridge',
      binaryMediaTypes: ['*/*'],
      // Edge endpoints cut a stream that is silent for 30 s, regional ones for 5 min.
      endpointTypes: [EndpointType.REGIONAL],
      deployOptions: { stageName: STAGE_NAME, metricsEnabled: true, tracingEnabled: false },
      cloudWatchRole: false,
      ...(settings ? operatedProps(this, routes, settings, logDays) : {}),
    })
    for (const each of served) this.#serve(each)
    if (settings) operate(this, this.restApi, settings, logDays)
  }

  #serve({ name, functionArn, routes, timeout }: Served): void {
    // By ARN, so that the permissions lie here: in the function's stack they would make that stack
    // depend on this one, which depends on it.
    const target = LambdaFunction.fromFunctionAttributes(this, name, {
      functionArn,
      sameEnvironment: true,
    })
    const { streams, settings } = this.#props
    for (const route of routes) {
      const resource = this.restApi.root.resourceForPath(route.path)
      if (route.streaming && !streams) {
        resource.addMethod(route.method, notStreamed(route.path), notStreamedOptions)
        continue
      }
      const integration = new LambdaIntegration(target, {
        allowTestInvoke: false,
        ...(route.streaming
          ? { responseTransferMode: ResponseTransferMode.STREAM, timeout }
          : { timeout: shorter(timeout, MAX_INTEGRATION_TIMEOUT) }),
      })
      const apiKeyRequired = settings?.apiKeyRequired && route.access !== 'public'
      resource.addMethod(route.method, integration, apiKeyRequired ? { apiKeyRequired } : {})
    }
  }
}

function shorter(one: Duration, other: Duration): Duration {
  return one.toSeconds() < other.toSeconds() ? one : other
}

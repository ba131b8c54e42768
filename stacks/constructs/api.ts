import { Duration, Stack } from 'aws-cdk-lib'
import {
  EndpointType,
  LambdaIntegration,
  ResponseTransferMode,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway'
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import type { Route } from '#shared/domain/http/route.ts'
import type { ServiceFunction } from './service-function.ts'

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

/** The longest a request may take before API Gateway answers 504 itself. */
const MAX_INTEGRATION_TIMEOUT = Duration.seconds(29)

/**
 * The REST API in front of the functions. Bodies of every type reach them as the bytes that were
 * sent, since signatures are made over bytes.
 */
export class Api extends Construct {
  readonly restApi: RestApi

  constructor(scope: Construct, id: string, served: readonly Served[]) {
    super(scope, id)
    this.restApi = new RestApi(this, 'RestApi', {
      restApiName: Stack.of(this).stackName,
      description: 'OmniNode Bridge',
      binaryMediaTypes: ['*/*'],
      // Edge endpoints cut a stream that is silent for 30 s, regional ones for 5 min.
      endpointTypes: [EndpointType.REGIONAL],
      deployOptions: { stageName: 'v1', metricsEnabled: true, tracingEnabled: false },
      cloudWatchRole: false,
    })
    for (const each of served) this.#serve(each)
  }

  #serve({ name, functionArn, routes, timeout }: Served): void {
    // By ARN, so that the permissions lie here: in the function's stack they would make that stack
    // depend on this one, which depends on it.
    const target = LambdaFunction.fromFunctionAttributes(this, name, {
      functionArn,
      sameEnvironment: true,
    })
    for (const route of routes) {
      const integration = new LambdaIntegration(target, {
        allowTestInvoke: false,
        ...(route.streaming
          ? { responseTransferMode: ResponseTransferMode.STREAM, timeout }
          : { timeout: shorter(timeout, MAX_INTEGRATION_TIMEOUT) }),
      })
      this.restApi.root.resourceForPath(route.path).addMethod(route.method, integration)
    }
  }
}

function shorter(one: Duration, other: Duration): Duration {
  return one.toSeconds() < other.toSeconds() ? one : other
}

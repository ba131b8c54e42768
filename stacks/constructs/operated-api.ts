import { RemovalPolicy, Validations } from 'aws-cdk-lib'
import {
  type CfnRestApi,
  MethodLoggingLevel,
  type RestApi,
  type RestApiProps,
} from 'aws-cdk-lib/aws-apigateway'
import type { RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import type { Route } from '#shared/domain/http/route.ts'
import type { FrontDoorSettings } from '../front-door-settings.ts'
import { accessLog, executionLog, STAGE_NAME } from './access-log.ts'
import { tlsPolicy } from './custom-domain.ts'
import { gatewayProblems } from './gateway-problems.ts'
import { methodLimits, stageLimit } from './throttling.ts'
import { usagePlans } from './usage-plans.ts'

/**
 * What AWS adds: tracing, an access log, limits. The role that API Gateway writes logs with belongs to
 * the account and region, not to an API: this stack sets it, and leaves it there when it goes, unless
 * the account has one already (`-c apiGatewayLogRole=existing`). Without it no stage with a log deploys.
 */
export function operatedProps(
  scope: Construct,
  routes: readonly Route[],
  { ownsLogRole, domain }: FrontDoorSettings,
  logDays: RetentionDays,
): RestApiProps {
  const common = {
    metricsEnabled: true,
    // Errors of the gateway's own; the bodies that `dataTraceEnabled` would write carry secrets.
    loggingLevel: MethodLoggingLevel.ERROR,
    dataTraceEnabled: false,
  }
  return {
    deployOptions: {
      stageName: STAGE_NAME,
      ...common,
      ...accessLog(scope, logDays),
      tracingEnabled: true,
      throttlingRateLimit: stageLimit.rate,
      throttlingBurstLimit: stageLimit.burst,
      methodOptions: methodLimits(routes, common),
    },
    ...(ownsLogRole
      ? { cloudWatchRole: true, cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN }
      : {}),
    // Who may come in by the domain alone must not find a second door beside it.
    ...(domain ? { disableExecuteApiEndpoint: true } : {}),
  }
}

/** What AWS puts around an API that is there: its own answers, its logs, plans, TLS. */
export function operate(
  scope: Construct,
  restApi: RestApi,
  { domain }: FrontDoorSettings,
  logDays: RetentionDays,
): void {
  gatewayProblems(restApi)
  executionLog(scope, restApi, logDays)
  usagePlans(restApi)
  const resource = restApi.node.defaultChild as CfnRestApi
  const { securityPolicy, endpointAccessMode } = tlsPolicy(domain ?? {})
  resource.securityPolicy = securityPolicy
  if (endpointAccessMode) resource.endpointAccessMode = endpointAccessMode
  acknowledge(restApi)
}

function acknowledge(restApi: RestApi): void {
  const authenticated =
    'The functions authenticate every call themselves, by hashed keys and by signatures over the body, in every place alike; what needs none is public by its schema.'
  Validations.of(restApi).acknowledge(
    { id: 'AwsSolutions-APIG4', reason: authenticated },
    { id: 'AwsSolutions-COG4', reason: authenticated },
    {
      id: 'AwsSolutions-APIG2',
      reason:
        'Bodies pass as bytes, which the gateway can not validate; the functions do, and answer problem+json that names every wrong field.',
    },
    {
      id: 'AwsSolutions-APIG3',
      reason:
        'A firewall is a choice of whoever deploys (-c waf=on): behind mutual TLS or for machines alone it costs more than it brings.',
    },
    {
      id: 'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      reason:
        "AWS's own policy for the one role by which API Gateway writes logs in an account and region, whatever the API.",
    },
  )
}

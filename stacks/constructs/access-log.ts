import { RemovalPolicy } from 'aws-cdk-lib'
import {
  AccessLogFormat,
  LogGroupLogDestination,
  type RestApi,
  type StageOptions,
} from 'aws-cdk-lib/aws-apigateway'
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'

/**
 * One line per request (API Gateway developer guide, "$context variables for access logging"). No
 * address, user agent, query or header: personal data reaches no log line.
 */
const FIELDS = {
  code: 'access',
  time: '$context.requestTimeEpoch',
  requestId: '$context.requestId',
  trace: '$context.xrayTraceId',
  method: '$context.httpMethod',
  route: '$context.resourcePath',
  status: '$context.status',
  problem: '$context.error.responseType',
  integrationStatus: '$context.integration.integrationStatus',
  functionStatus: '$context.integration.status',
  latencyMs: '$context.responseLatency',
  integrationMs: '$context.integration.latency',
  bytes: '$context.responseLength',
  apiKeyId: '$context.identity.apiKeyId',
  firewall: '$context.waf.status',
  tls: '$context.tlsVersion',
  certificateSerial: '$context.identity.clientCert.serialNumber',
} as const

/** Stage settings that write the access log to a group of its own. */
export function accessLog(scope: Construct, retention: RetentionDays): StageOptions {
  const group = new LogGroup(scope, 'AccessLog', {
    retention,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  return {
    accessLogDestination: new LogGroupLogDestination(group),
    accessLogFormat: AccessLogFormat.custom(JSON.stringify(FIELDS)),
  }
}

/**
 * API Gateway writes what went wrong inside it to a group with this name. It would make the group
 * itself, one that never forgets, so ours has to be there before the stage is.
 */
export function executionLog(scope: Construct, restApi: RestApi, retention: RetentionDays): void {
  const { deploymentStage: stage } = restApi
  const group = new LogGroup(scope, 'ExecutionLog', {
    retention,
    removalPolicy: RemovalPolicy.DESTROY,
    logGroupName: `API-Gateway-Execution-Logs_${restApi.restApiId}/${STAGE_NAME}`,
  })
  stage.node.addDependency(group)
}

/** First part of every path behind API Gateway's own host name. */
export const STAGE_NAME = 'v1'

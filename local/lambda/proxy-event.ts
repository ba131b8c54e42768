import type { APIGatewayProxyEvent } from 'aws-lambda'
import type { HttpCall, WorkerSettings } from './wire.ts'

type Gateway = Pick<WorkerSettings, 'api' | 'routes'>

const ACCOUNT_ID = '000000000000'

/**
 * Makes the event of a REST API's Lambda proxy integration (API Gateway developer guide, "Input format
 * of a Lambda function for proxy integration"). Header names stay in the sender's case; of repeated
 * headers and query parameters the plain maps hold the last value and the multi-value maps all. `path`
 * is as it came, path parameters and the query are decoded.
 */
export function proxyEvent(
  [routeIndex, method, target, params, rawHeaders, sourceIp, body, clientCert]: HttpCall,
  requestId: string,
  nowMs: number,
  { api, routes }: Gateway,
): APIGatewayProxyEvent {
  const route = routes[routeIndex] ?? { path: '', params: [] }
  const queryAt = target.indexOf('?')
  const path = queryAt < 0 ? target : target.slice(0, queryAt)
  const headers: Record<string, string> = {}
  const multiValueHeaders: Record<string, string[]> = {}
  collectPairs(rawHeaders, headers, multiValueHeaders)
  const query = queryAt < 0 ? null : queryOf(target.slice(queryAt + 1))
  return {
    resource: route.path,
    path,
    httpMethod: method,
    headers,
    multiValueHeaders,
    queryStringParameters: query?.single ?? null,
    multiValueQueryStringParameters: query?.multi ?? null,
    pathParameters: params.length === 0 ? null : named(route.params, params),
    stageVariables: null,
    requestContext: {
      accountId: ACCOUNT_ID,
      apiId: api.id,
      authorizer: null,
      protocol: 'HTTP/1.1',
      httpMethod: method,
      path: `/${api.stage}${path}`,
      stage: api.stage,
      requestId,
      extendedRequestId: requestId,
      requestTime: requestTime(nowMs),
      requestTimeEpoch: nowMs,
      resourceId: route.path,
      resourcePath: route.path,
      identity: {
        ...NO_IDENTITY,
        clientCert,
        sourceIp,
        userAgent: headers['user-agent'] ?? headers['User-Agent'] ?? null,
      },
    },
    body,
    isBase64Encoded: body !== null,
  }
}

const NO_IDENTITY = {
  accessKey: null,
  accountId: null,
  apiKey: null,
  apiKeyId: null,
  caller: null,
  cognitoAuthenticationProvider: null,
  cognitoAuthenticationType: null,
  cognitoIdentityId: null,
  cognitoIdentityPoolId: null,
  principalOrgId: null,
  user: null,
  userArn: null,
}

function collectPairs(
  pairs: readonly string[],
  single: Record<string, string>,
  multi: Record<string, string[]>,
): void {
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const name = pairs[at] as string
    // The one name that a plain object can't hold.
    if (name === '__proto__') continue
    const value = pairs[at + 1] as string
    single[name] = value
    const values = Object.hasOwn(multi, name) ? multi[name] : undefined
    if (values) values.push(value)
    else multi[name] = [value]
  }
}

function queryOf(text: string) {
  if (text === '') return null
  const single: Record<string, string> = {}
  const multi: Record<string, string[]> = {}
  collectPairs([...new URLSearchParams(text)].flat(), single, multi)
  return { single, multi }
}

function named(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']))
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
let lastSecond = -1
let lastText = ''

/** `24/Nov/2026:07:31:33 +0000`, the Common Log Format; made once a second. */
function requestTime(nowMs: number): string {
  const second = Math.floor(nowMs / 1_000)
  if (second === lastSecond) return lastText
  const [date = '', clock = ''] = new Date(nowMs).toISOString().split(/[T.]/)
  const [year, month, day] = date.split('-')
  lastSecond = second
  lastText = `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock} +0000`
  return lastText
}

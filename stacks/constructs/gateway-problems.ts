import { ResponseType, type RestApi } from 'aws-cdk-lib/aws-apigateway'

/** What the gateway answers by itself, without a function or instead of one that did not answer. */
const problems = [
  { type: ResponseType.DEFAULT_4XX, title: '$context.error.responseType' },
  { type: ResponseType.DEFAULT_5XX, title: '$context.error.responseType', retryAfterS: 5 },
  { type: ResponseType.MISSING_AUTHENTICATION_TOKEN, status: 404, title: 'Not Found' },
  { type: ResponseType.INVALID_API_KEY, status: 403, title: 'Forbidden' },
  { type: ResponseType.WAF_FILTERED, status: 403, title: 'Forbidden' },
  { type: ResponseType.REQUEST_TOO_LARGE, status: 413, title: 'Content Too Large' },
  { type: ResponseType.THROTTLED, status: 429, title: 'Too Many Requests', retryAfterS: 1 },
  {
    type: ResponseType.QUOTA_EXCEEDED,
    status: 429,
    title: 'Too Many Requests',
    retryAfterS: 3_600,
  },
  {
    type: ResponseType.INTEGRATION_FAILURE,
    status: 503,
    title: 'Service Unavailable',
    retryAfterS: 5,
  },
  { type: ResponseType.INTEGRATION_TIMEOUT, status: 504, title: 'Gateway Timeout', retryAfterS: 5 },
] as const satisfies readonly Problem[]

type Problem = Readonly<{
  type: ResponseType
  title: string
  /** The type's own status when left out. */
  status?: number
  retryAfterS?: number
}>

/**
 * Answers in the form every other error of the API has (RFC 9457), with `Retry-After` where trying
 * again can help. An unknown path is 404 here, where API Gateway would say 403.
 */
export function gatewayProblems(restApi: RestApi): void {
  for (const problem of problems as readonly Problem[]) {
    const { type, title, status, retryAfterS } = problem
    restApi.addGatewayResponse(`Problem${type.responseType}`, {
      type,
      ...(status === undefined ? {} : { statusCode: String(status) }),
      responseHeaders: {
        'Content-Type': "'application/problem+json'",
        ...(retryAfterS === undefined ? {} : { 'Retry-After': `'${retryAfterS}'` }),
      },
      templates: { 'application/json': body(title, status) },
    })
  }
}

function body(title: string, status: number | undefined): string {
  const known = { type: 'about:blank', title, ...(status === undefined ? {} : { status }) }
  const open = JSON.stringify(known).slice(0, -1)
  return `${open},"detail":$context.error.messageString,"instance":"urn:uuid:$context.requestId"}`
}

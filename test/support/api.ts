import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'

type Request = Readonly<{
  method?: string
  /** Path with its parameters filled in and its query, as a client writes it. */
  url: string
  /** API Gateway's resource; the URL's path when left out. */
  resource?: string
  headers?: Readonly<Record<string, string>>
  /** Sent as JSON unless it is text. */
  body?: unknown
}>

/** A request as API Gateway hands it to a function. */
export function anApiEvent({ method = 'GET', url, resource, headers, body }: Request) {
  const { pathname, searchParams } = new URL(url, 'http://bridge.test')
  const multi = Object.fromEntries(
    [...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]),
  )
  const single = Object.fromEntries(searchParams)
  const isJson = body !== undefined && typeof body !== 'string'
  return {
    resource: resource ?? pathname,
    path: pathname,
    httpMethod: method,
    headers: { ...(isJson ? { 'Content-Type': 'application/json' } : {}), ...headers },
    multiValueHeaders: {},
    queryStringParameters: Object.keys(single).length === 0 ? null : single,
    multiValueQueryStringParameters: Object.keys(multi).length === 0 ? null : multi,
    pathParameters: pathParametersOf(resource ?? pathname, pathname),
    stageVariables: null,
    requestContext: {
      requestId: '6f2c1c4e-0000-4000-8000-000000000001',
    } as APIGatewayProxyEvent['requestContext'],
    body: isJson ? JSON.stringify(body) : ((body as string | undefined) ?? null),
    isBase64Encoded: false,
  } satisfies APIGatewayProxyEvent
}

/** Lambda's context with so much time left, ms. */
export function aContext(remainingMs = 10_000): Context {
  const context: Partial<Context> = {
    functionName: 'test',
    awsRequestId: 'test',
    getRemainingTimeInMillis: () => remainingMs,
  }
  return context as Context
}

type Handler = (event: APIGatewayProxyEvent, context: Context) => Promise<APIGatewayProxyResult>

/** What a handler answered, its body read where it is JSON. */
export async function call(handler: unknown, request: Request) {
  const answer = await (handler as Handler)(anApiEvent(request), aContext())
  const headers = (answer.headers ?? {}) as Record<string, string>
  const isJson = /json/.test(headers['content-type'] ?? '')
  return {
    status: answer.statusCode,
    headers,
    body: isJson ? JSON.parse(answer.body) : answer.body,
  }
}

/** `/a/{b}` and `/a/c` give `{ b: 'c' }`, decoded as API Gateway does. */
function pathParametersOf(resource: string, path: string): Record<string, string> | null {
  const names = resource.split('/')
  const values = path.split('/')
  const found = names.flatMap((name, at) =>
    name.startsWith('{') ? [[name.slice(1, -1), decodeURIComponent(values[at] ?? '')]] : [],
  )
  return found.length === 0 ? null : Object.fromEntries(found)
}

import type { APIGatewayProxyResult } from 'aws-lambda'
import type { ActionAnswer, Actions } from '../domain/http/action.ts'
import type { Route } from '../domain/http/route.ts'
import { dispatch, type Invocation } from './dispatch.ts'

/** Answers each request with what the action of its route answers, as JSON; see `dispatch`. */
export function serve<const R extends Route>(
  routes: readonly R[],
  actions: Actions<R>,
): (...invocation: Invocation) => Promise<APIGatewayProxyResult> {
  const call = dispatch(routes, actions)
  return async (...invocation) => toResult(await call(...invocation))
}

function toResult({ status, body, mediaType, headers }: ActionAnswer): APIGatewayProxyResult {
  return {
    statusCode: status ?? (body === undefined ? 204 : 200),
    headers: {
      'cache-control': 'no-store',
      ...(body === undefined ? {} : { 'content-type': mediaType ?? 'application/json' }),
      ...headers,
    },
    body: body === undefined ? '' : JSON.stringify(body),
  }
}

import type { APIGatewayProxyEvent, Context } from 'aws-lambda'
import type { ActionAnswer, ActionRequest, Actions } from '../domain/http/action.ts'
import { readQuery } from '../domain/http/query.ts'
import type { Route } from '../domain/http/route.ts'
import { router } from '../domain/http/router.ts'
import { Failure } from '../errors.ts'
import { callerOf } from './caller.ts'
import { readJson } from './read-json.ts'
import { validate } from './validate.ts'

/** What Lambda and middy hand to a handler. */
export type Invocation = [
  event: APIGatewayProxyEvent,
  context: Context,
  options: { signal: AbortSignal },
]

/**
 * Calls the action of each request's route, after the route's schemas have read the request.
 *
 * @throws `NotFound`, `MethodNotAllowed`, `InvalidInput` naming every wrong or unknown parameter, and
 *   what `readJson` and the actions throw.
 */
export function dispatch<const R extends Route>(
  routes: readonly R[],
  actions: Actions<R>,
): (...invocation: Invocation) => Promise<ActionAnswer> {
  const find = router(routes)
  // The mapped type has proved that each route has its action; from here on only names are known.
  const byName = actions as unknown as Readonly<
    Record<string, (request: ActionRequest<unknown>) => Promise<ActionAnswer>>
  >
  return async (event, context, { signal }) => {
    const match = find(event.resource, event.httpMethod)
    if (match.type === 'unknown') throw new Failure('NotFound', `Nothing is at ${event.path}.`)
    if (match.type === 'wrong-method') {
      const allow = match.allowed.join(', ')
      throw new Failure('MethodNotAllowed', `${event.path} takes ${allow}.`, { headers: { allow } })
    }
    const { route } = match
    const action = byName[`${route.method} ${route.path}`]
    if (!action) throw new Error(`no action for ${route.method} ${route.path}`)
    const caller = callerOf(event)
    return action({
      params: pathParameters(event),
      query: query(route, event) as undefined,
      body: (route.body && validate(route.body, bodyOf(route, event), '')) as undefined,
      headers: event.headers,
      principal: caller?.principal,
      identifyAgain: caller?.again,
      signal,
      remainingMs: () => context.getRemainingTimeInMillis(),
    })
  }
}

function bodyOf({ bodyOptional }: Route, event: APIGatewayProxyEvent): unknown {
  return bodyOptional && !event.body ? {} : readJson(event)
}

/** A path that holds a NUL names nothing we could have stored: PostgreSQL's text can't hold one. */
function pathParameters(event: APIGatewayProxyEvent): Readonly<Record<string, string>> {
  const params = Object.entries(event.pathParameters ?? {})
  if (params.some(([, value]) => value?.includes('\0'))) {
    throw new Failure('NotFound', 'Nothing is there.')
  }
  return Object.fromEntries(params.map(([name, value = '']) => [name, value]))
}

function query(route: Route, event: APIGatewayProxyEvent): unknown {
  const reading = readQuery(event.multiValueQueryStringParameters)
  if (reading.type === 'repeated') {
    throw new Failure('InvalidInput', 'A parameter may be given once.', {
      errors: reading.names.map((name) => ({ pointer: `/query/${name}`, detail: 'given twice' })),
    })
  }
  if (route.query) return validate(route.query, reading.query, '/query')
  const unknown = Object.keys(reading.query)
  if (unknown.length === 0) return undefined
  throw new Failure('InvalidInput', 'This call takes no parameters.', {
    errors: unknown.map((name) => ({ pointer: `/query/${name}`, detail: 'unknown parameter' })),
  })
}

import type { APIGatewayProxyEvent } from 'aws-lambda'
import type { Principal } from '../domain/principal.ts'

/** Who sent a request, and how to find that out once more. */
export type Caller = Readonly<{ principal: Principal; again: () => Promise<Principal> }>

const callers = new WeakMap<APIGatewayProxyEvent, Caller>()

/** Keeps who sent a request beside it: nothing in the request itself can claim to be that. */
export function rememberCaller(event: APIGatewayProxyEvent, caller: Caller): void {
  callers.set(event, caller)
}

/** Who sent a request; undefined where nobody found out. */
export function callerOf(event: APIGatewayProxyEvent): Caller | undefined {
  return callers.get(event)
}

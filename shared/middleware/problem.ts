import type { MiddlewareObj } from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult, Context } from 'aws-lambda'
import { headerOf } from '../domain/http/headers.ts'
import { PROBLEM_MEDIA_TYPE, problemOf } from '../domain/problem.ts'
import { throttle } from '../domain/throttle.ts'
import { continueTrace } from '../domain/traceparent.ts'
import { Failure } from '../errors.ts'
import { errorFields, log } from '../log.ts'

type Traced = { traceparent: string }

/** What a caller is told to wait, s, when a retryable failure does not say. */
const DEFAULT_RETRY_AFTER_S = 1

/**
 * Answers every failure with problem details (RFC 9457) and gives every answer the `traceparent` of
 * this call's span, in the caller's trace where there is one. Goes first in the chain.
 */
export function problem(
  functionName: string,
): MiddlewareObj<APIGatewayProxyEvent, APIGatewayProxyResult, unknown, Context, Traced> {
  const mayLogFailure = throttle()
  return {
    before({ event, internal }) {
      internal.traceparent = continueTrace(headerOf(event.headers, 'traceparent'))
    },
    after({ response, internal }) {
      if (!response) return
      response.headers = { ...response.headers, traceparent: internal.traceparent }
    },
    onError(request) {
      const { event, internal } = request
      const requestId = event.requestContext.requestId
      const failure = known(request.error)
      const isDefect = failure === undefined
      // An outage fails every request alike; a defect is always worth its line.
      const heldBack = isDefect ? 0 : failure.status >= 500 ? mayLogFailure(Date.now()) : undefined
      if (heldBack !== undefined) {
        log('error', isDefect ? 'request-defect' : 'request-failed', {
          function: functionName,
          requestId,
          traceparent: internal.traceparent,
          heldBack,
          ...errorFields(request.error),
        })
      }
      const answer = problemAnswer(request.error, requestId)
      answer.headers = { ...answer.headers, traceparent: internal.traceparent }
      request.response = answer
    },
  }
}

/** A failure as API Gateway takes it. What we did not foresee is a 500 that shows nothing of itself. */
export function problemAnswer(error: unknown, requestId: string): APIGatewayProxyResult {
  const failure = shown(known(error))
  const retryAfterS = failure instanceof Failure ? retryAfter(failure) : undefined
  return {
    statusCode: failure.status,
    headers: {
      'content-type': PROBLEM_MEDIA_TYPE,
      'cache-control': 'no-store',
      ...(failure.status === 401 ? { 'www-authenticate': 'Bearer realm="omninode-bridge"' } : {}),
      ...(failure instanceof Failure ? failure.headers : {}),
      ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
    },
    body: JSON.stringify(problemOf(failure, requestId)),
  }
}

/** What a caller may see: what is wrong with our own settings is for the log. */
function shown(failure: Failure | undefined) {
  if (!failure) return { status: 500, message: 'The bridge failed; its log says how.' }
  return failure.kind === 'Misconfigured'
    ? new Failure('Misconfigured', 'The bridge is not set up right; its log says how.')
    : failure
}

function retryAfter({ retryable, retryAfterS }: Failure): number | undefined {
  return retryAfterS ?? (retryable ? DEFAULT_RETRY_AFTER_S : undefined)
}

function known(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error
  // Middy's, when the function's own time is nearly over.
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new Failure('Timeout', 'The bridge did not finish in time.', { cause: error })
  }
  return undefined
}

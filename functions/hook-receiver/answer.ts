import type { APIGatewayProxyResult } from 'aws-lambda'
import type { FieldProblem } from '#shared/domain/dialects/draft.ts'
import { headerOf, type RequestHeaders } from '#shared/domain/http/headers.ts'
import { problemOf } from '#shared/domain/problem.ts'

/** An event of a request that was not taken. */
export type Rejection = Readonly<{ index: number; problems: readonly FieldProblem[] }>

type Accepted = Readonly<{ index: number; id: string }>

/** 202: what was taken, durable, and what was not. */
export function accepted(
  taken: readonly Accepted[],
  rejections: readonly Rejection[],
  requestId: string,
): APIGatewayProxyResult {
  const rejected = rejections.map(({ index, problems }) => {
    const failure = { status: 422, message: 'The event is not valid.', errors: problems }
    return { index, problem: problemOf(failure, requestId) }
  })
  return json(202, { accepted: taken, rejected })
}

/** An answer with a JSON body; a text is JSON already. */
export function json(status: number, body: unknown): APIGatewayProxyResult {
  return {
    statusCode: status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
}

/**
 * Consents to deliveries from whoever asks, at any rate: what may come in, keys and signatures decide
 * (CloudEvents HTTP 1.1 Web Hooks, section 4). A question without an origin gets no consent.
 */
export function handshake(headers: RequestHeaders): APIGatewayProxyResult {
  const origin = headerOf(headers, 'webhook-request-origin')
  const isOrigin = origin !== undefined && /^[\x21-\x7e]{1,512}$/.test(origin)
  return {
    statusCode: 204,
    headers: {
      allow: 'POST, OPTIONS',
      ...(isOrigin ? { 'webhook-allowed-origin': origin, 'webhook-allowed-rate': '*' } : {}),
    },
    body: '',
  }
}

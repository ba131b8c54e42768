import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { PROBLEM_MEDIA_TYPE, problemOf } from '#shared/domain/problem.ts'
import { continueTrace } from '#shared/domain/traceparent.ts'

type Extra = Readonly<{
  requestId?: string | undefined
  /** The caller's own, to stay in its trace. */
  traceparent?: string | undefined
  headers?: Readonly<Record<string, string>>
}>

/** Answers with problem details: what the gateway itself has to say, not a function. */
export function answerProblem(
  response: ServerResponse,
  status: number,
  detail: string,
  { requestId = randomUUID(), traceparent, headers = {} }: Extra = {},
): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const body = JSON.stringify(problemOf({ status, message: detail }, requestId))
  response.writeHead(status, {
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    traceparent: continueTrace(traceparent),
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

/** The same on a connection whose request could not be read; closes it. */
export function answerUnreadable(socket: Duplex, status: number, detail: string): void {
  const body = JSON.stringify(problemOf({ status, message: detail }, randomUUID()))
  const head = [
    `HTTP/1.1 ${status} ${JSON.parse(body).title}`,
    `content-type: ${PROBLEM_MEDIA_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    `traceparent: ${continueTrace(undefined)}`,
    'connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

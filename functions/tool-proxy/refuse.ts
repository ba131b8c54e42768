import { PROBLEM_MEDIA_TYPE } from '#shared/domain/problem.ts'
import { problemBody, type Refusal } from '#shared/domain/proxy/refusal.ts'
import type { ProxyDependencies } from './dependencies.ts'
import type { AnswerSink } from './incoming-call.ts'
import { ownHeaders } from './own-headers.ts'
import type { Passage } from './passage.ts'
import { recordCall } from './record.ts'

/** Answers a call with problem details instead of an instance's answer, and records it so. */
export function refuse(dependencies: ProxyDependencies, passage: Passage, refusal: Refusal): void {
  const { fault, detail, status } = refusal
  if (fault !== undefined) passage.fault = { kind: fault, detail }
  if (!passage.call.presence.left) {
    passage.status = status
    passage.answered = true
    const own = passage.principal ? ownHeaders(passage) : tracing(passage)
    writeRefusal(passage.sink, passage.call.method, refusal, passage.id, own)
  } else {
    passage.fault ??= { kind: 'caller-left', detail }
    passage.sink.cut()
  }
  recordCall(dependencies, passage)
}

/** Whom we don't know learns nothing of services. */
const tracing = ({ correlationId, traceparent }: Passage): string[] => [
  ...['X-Correlation-ID', correlationId],
  ...['traceparent', traceparent],
]

/** Writes problem details (RFC 9457) as an answer. */
export function writeRefusal(
  sink: AnswerSink,
  method: string,
  refusal: Refusal,
  id: string,
  own: readonly string[],
): void {
  const { status, headers = [], retryAfterS } = refusal
  const body = Buffer.from(problemBody(refusal, id))
  // Who can't be read once can't be read on (RFC 9112, section 6.3).
  sink.decline(status === 400 || status === 501)
  sink.head(status, [
    'Content-Type',
    PROBLEM_MEDIA_TYPE,
    'Content-Length',
    String(body.byteLength),
    'Cache-Control',
    'no-store',
    ...headers,
    ...(retryAfterS === undefined ? [] : ['Retry-After', String(retryAfterS)]),
    ...own,
  ])
  sink.body.end(method === 'HEAD' ? undefined : body)
}

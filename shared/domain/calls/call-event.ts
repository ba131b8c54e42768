import type { OwnEvent } from '../events/own-event.ts'
import type { Redactor } from '../redaction/redactor.ts'
import type { Call, CallMessage } from './call.ts'
import type { CaptureRules } from './capture-rules.ts'
import { type DecodeBody, redactBody } from './redacted-body.ts'
import { headerOf, redactHeaders } from './redacted-headers.ts'
import { redactTarget } from './redacted-target.ts'

/** Who makes the events of calls. */
export const CALL_SOURCE = 'tool-proxy'

/** What a record of a call may weigh, bytes of JSON: below `RECORD_LIMIT_BYTES` with all around it. */
export const MOST_CALL_BYTES = 917_504
/** Attributes are headers of the record. */
const LONGEST_ATTRIBUTE = 256
const LONGEST_DETAIL = 1_024
const MOST_ATTEMPTS = 20

const types = {
  ok: 'tools.calls.completed',
  error: 'tools.calls.failed',
  cancelled: 'tools.calls.cancelled',
} as const

/**
 * The event of a call, without secrets: one per call, a point at the call's start that tells its
 * duration, so that calls within calls come in the order in which they were made. Whatever the call's
 * size, its data is `MOST_CALL_BYTES` at most.
 *
 * @param decode for compressed bodies; left out, they are not shown.
 */
export function callEvent(
  call: Call,
  rules: CaptureRules,
  redactor: Redactor,
  decode: DecodeBody = () => undefined,
): OwnEvent {
  const redactMessage = messageRedactor(rules, redactor, decode)
  const target = redactTarget(call.target, redactor)
  const why = redactor.text(cut(call.route.why, LONGEST_DETAIL))
  const detail = call.fault && redactor.text(cut(call.fault.detail, LONGEST_DETAIL))
  const request = redactMessage(call.request)
  const response = call.response && redactMessage(call.response)
  const removed = [target, why, detail, request, response].reduce(
    (sum, part) => sum + (part?.removed ?? 0),
    0,
  )
  const { service, method, status, outcome, timings, route } = call
  const data = {
    operation: `${service} ${call.operation}`,
    ...{ service, method, path: target.path },
    ...(target.query === '' ? {} : { query: target.query }),
    ...(status === undefined ? {} : { status }),
    outcome,
    duration_ms: timings.total,
    ...(call.fault && detail ? { fault: { kind: call.fault.kind, detail: detail.text } } : {}),
    ...(call.caller ? { caller: call.caller } : {}),
    request: request.shown,
    ...(response ? { response: response.shown } : {}),
    timings: {
      ...(timings.dns === undefined ? {} : { dns_ms: timings.dns }),
      ...(timings.connect === undefined ? {} : { connect_ms: timings.connect }),
      ...(timings.tls === undefined ? {} : { tls_ms: timings.tls }),
      ...(timings.firstByte === undefined ? {} : { first_byte_ms: timings.firstByte }),
      upstream_ms: timings.upstream,
      total_ms: timings.total,
    },
    route: { ...route, attempts: route.attempts.slice(0, MOST_ATTEMPTS), why: why.text },
  }
  const { sessionId, correlationId, traceparent, startedAt } = call
  return {
    id: call.id,
    source: CALL_SOURCE,
    type: types[outcome],
    at: Math.round(startedAt * 1_000),
    data: fitted(data),
    attributes: {
      phase: 'point',
      correlationid: cut(correlationId, LONGEST_ATTRIBUTE),
      ...(sessionId === undefined ? {} : { sessionid: cut(sessionId, LONGEST_ATTRIBUTE) }),
      traceparent,
      ...(removed === 0 ? {} : { redacted: String(removed) }),
    },
  }
}

type ShownMessage = Readonly<{
  headers: unknown
  bytes: number
  content_type?: string
  digest?: string
  body?: string
  /** The body goes on behind what is shown. */
  body_cut?: true
}>

type Redacted = Readonly<{ shown: ShownMessage; removed: number }>

const messageRedactor =
  ({ mode, maxBodyBytes }: CaptureRules, redactor: Redactor, decode: DecodeBody) =>
  (message: CallMessage): Redacted => {
    const { headers, removed } = redactHeaders(message.rawHeaders, redactor)
    const { bytes, digest } = message
    const contentType = headerOf(message.rawHeaders, 'content-type')
    const body = mode === 'full' ? redactBody(message, maxBodyBytes, redactor, decode) : undefined
    return {
      removed: removed + (body?.removed ?? 0),
      shown: {
        headers,
        bytes,
        ...(contentType === undefined ? {} : { content_type: cut(contentType, LONGEST_ATTRIBUTE) }),
        // With all but a secret known, the digest would tell whether a guess of it is right.
        ...(digest === undefined || body?.removed ? {} : { digest: `sha-256:${digest}` }),
        ...(body === undefined ? {} : { body: body.text }),
        ...(body?.isCut ? { body_cut: true as const } : {}),
      },
    }
  }

type CallData = Readonly<Record<string, unknown>> &
  Readonly<{ path: string; request: ShownMessage; response?: ShownMessage }>

/** The data itself where it is small enough, else without bodies, else without headers and query. */
function fitted(data: CallData): Readonly<Record<string, unknown>> {
  if (isSmall(data)) return data
  const bare = withMessages(data, ({ body: _, body_cut: __, ...rest }) => ({
    ...rest,
    body_left_out: true,
  }))
  if (isSmall(bare)) return bare
  const { query: _, ...rest } = bare
  return withMessages(rest as CallData, ({ bytes }) => ({
    headers: {},
    bytes,
    headers_left_out: true,
  }))
}

function withMessages(
  data: CallData,
  change: (message: ShownMessage) => Readonly<Record<string, unknown>>,
) {
  const { request, response } = data
  return {
    ...data,
    request: change(request),
    ...(response === undefined ? {} : { response: change(response) }),
  } as CallData
}

/** Counts only what looks too large at first sight: text takes 6 bytes of JSON a character at most. */
function isSmall(data: CallData): boolean {
  return (
    roughSize(data) * 6 <= MOST_CALL_BYTES ||
    Buffer.byteLength(JSON.stringify(data)) <= MOST_CALL_BYTES
  )
}

function roughSize(value: unknown): number {
  if (typeof value === 'string') return value.length + 4
  if (typeof value !== 'object' || value === null) return 24
  let size = 8
  for (const [name, member] of Object.entries(value)) size += name.length + 4 + roughSize(member)
  return size
}

const cut = (text: string, length: number) =>
  text.length <= length ? text : text.slice(0, length).toWellFormed()

import type { CallRoute } from '#shared/domain/calls/call.ts'
import { type CaptureRules, defaultCaptureRules } from '#shared/domain/calls/capture-rules.ts'
import { uuidV7 } from '#shared/domain/events/uuid.ts'
import type { Credential, Principal } from '#shared/domain/principal.ts'
import { baggageMember, SESSION_MEMBER } from '#shared/domain/proxy/baggage.ts'
import { correlationOf, sessionOf } from '#shared/domain/proxy/correlation.ts'
import type { ProxyTarget } from '#shared/domain/proxy/proxy-target.ts'
import type { RequestHead } from '#shared/domain/proxy/request-head.ts'
import type { OperationRule } from '#shared/domain/routing/rules.ts'
import { continueTrace } from '#shared/domain/traceparent.ts'
import type { UpstreamExchange, UpstreamFault, UpstreamTimings } from '#shared/ports/upstream.ts'
import type { BodyTap } from './dependencies.ts'
import type { AnswerSink, IncomingCall } from './incoming-call.ts'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

/** A call on its way through the proxy: what it is, and what the steps found out so far. */
export type Passage = {
  readonly call: IncomingCall
  readonly sink: AnswerSink
  readonly head: RequestHead
  readonly target: ProxyTarget
  readonly id: string
  /** ms since the epoch */
  readonly startedAt: number
  readonly traceparent: string
  readonly correlationId: string
  readonly sessionId: string | undefined
  operation: string
  rule: OperationRule | undefined
  principal: Principal | undefined
  credential: Credential
  capture: CaptureRules
  requestTap: BodyTap | undefined
  responseTap: BodyTap | undefined
  /** Of the instance's answer. */
  responseHeaders: readonly string[] | undefined
  /** Headers of the bridge's own for the answer, names and values in turn. */
  readonly own: string[]
  status: number | undefined
  fault: UpstreamFault | undefined
  timings: UpstreamTimings
  /** Of all attempts, to the answer's head; ms. */
  upstreamMs: number
  /** For the caller's body, ms. */
  waitedMs: number
  readonly route: Mutable<Omit<CallRoute, 'attempts'>> & {
    attempts: CallRoute['attempts'][number][]
  }
  /** What is under way for it, to be ended when the caller leaves. */
  exchanges: UpstreamExchange[]
  /** Its answer is out, or has begun. */
  answered: boolean
  recorded: boolean
}

/** Begins a call that could be read. */
export function beginPassage(
  call: IncomingCall,
  sink: AnswerSink,
  target: ProxyTarget,
  head: RequestHead,
  nowMs: number,
): Passage {
  const { values } = head
  const traceparent = continueTrace(values.traceparent)
  const wanted = values['accept-version']
  return {
    ...{ call, sink, head, target, traceparent },
    id: uuidV7(nowMs),
    startedAt: nowMs,
    correlationId: correlationOf(values['x-correlation-id'], traceparent),
    sessionId: sessionOf(values['x-session-id'] ?? baggageMember(values.baggage, SESSION_MEMBER)),
    operation: '',
    rule: undefined,
    principal: undefined,
    credential: 'certificate',
    capture: defaultCaptureRules,
    requestTap: undefined,
    responseTap: undefined,
    responseHeaders: undefined,
    own: [],
    status: undefined,
    fault: undefined,
    timings: {},
    upstreamMs: 0,
    waitedMs: 0,
    route: {
      ...(wanted === undefined ? {} : { wanted }),
      why: '',
      revision: 0,
      attempts: [],
      cache: 'off',
      stale: false,
    },
    exchanges: [],
    answered: false,
    recorded: false,
  }
}

import type { Call, CallMessage } from '#shared/domain/calls/call.ts'
import type { ProxyDependencies } from './dependencies.ts'
import type { Passage } from './passage.ts'

const NOTHING = new Uint8Array(0)
const NO_BODY = { kept: NOTHING, bytes: 0 }

/**
 * Hands a call that is over to the capture, once. Who could not be identified made no call: else
 * anybody could fill the log.
 */
export function recordCall({ capture }: ProxyDependencies, passage: Passage): void {
  if (passage.recorded) return
  passage.recorded = true
  if (passage.principal && passage.capture.mode !== 'off') {
    capture.take(callOf(passage), passage.capture)
  }
}

function callOf(passage: Passage): Call {
  const { call, target, principal, fault, status, sessionId, timings, responseHeaders } = passage
  const request: CallMessage = {
    rawHeaders: call.rawHeaders,
    ...(passage.requestTap?.seen() ?? NO_BODY),
  }
  return {
    id: passage.id,
    correlationId: passage.correlationId,
    ...(sessionId === undefined ? {} : { sessionId }),
    traceparent: passage.traceparent,
    startedAt: passage.startedAt,
    service: target.service,
    method: call.method,
    target: target.target,
    operation: passage.operation,
    ...(principal
      ? { caller: { kind: principal.kind, id: principal.id, name: principal.name } }
      : {}),
    request,
    ...(responseHeaders
      ? { response: { rawHeaders: responseHeaders, ...(passage.responseTap?.seen() ?? NO_BODY) } }
      : {}),
    ...(status === undefined ? {} : { status }),
    outcome: outcomeOf(passage),
    ...(fault ? { fault } : {}),
    timings: {
      ...timings,
      upstream: passage.upstreamMs,
      total: performance.now() - call.receivedAt,
    },
    route: passage.route,
  }
}

/** An answer of 4xx is an answer: the call came to its end, and the caller was told what is wrong. */
function outcomeOf({ fault, status = 0 }: Passage): Call['outcome'] {
  if (fault?.kind === 'caller-left') return 'cancelled'
  return fault || status >= 500 ? 'error' : 'ok'
}

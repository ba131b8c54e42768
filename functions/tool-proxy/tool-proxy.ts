import { operationNames } from '#shared/domain/calls/operation-names.ts'
import { uuidV7 } from '#shared/domain/events/uuid.ts'
import { type Refusal, unreadable } from '#shared/domain/proxy/refusal.ts'
import { throttle } from '#shared/domain/throttle.ts'
import { Failure } from '#shared/errors.ts'
import { errorFields, log } from '#shared/log.ts'
import { admit } from './admit.ts'
import { bring } from './bring.ts'
import { chooseVersion } from './choose-version.ts'
import type { ProxyDependencies } from './dependencies.ts'
import type { AnswerSink, IncomingCall } from './incoming-call.ts'
import { beginPassage, type Passage } from './passage.ts'
import { ALLOWED, readRequest } from './read-request.ts'
import { refuse, writeRefusal } from './refuse.ts'

/** Answers a call; resolves once its answer is written, and never rejects. */
export type ToolProxy = (call: IncomingCall, sink: AnswerSink) => Promise<void>

/**
 * The way of a call through the bridge: who calls, whether he may, which version and instance answer;
 * there and back by the rules for intermediaries (RFC 9110, section 7.6), and captured.
 */
export function toolProxy(dependencies: ProxyDependencies): ToolProxy {
  const { nowMs } = dependencies
  const names = operationNames()
  const mayLog = throttle()

  async function pass(passage: Passage): Promise<Refusal | undefined> {
    const admitted = await admit(dependencies, names, passage)
    if (admitted.type === 'refusal') return admitted
    // RFC 9110, section 7.6.2: at zero the question is for us.
    if (passage.call.method === 'OPTIONS' && passage.head.values['max-forwards'] === '0') {
      return answerOptions(passage)
    }
    const { catalog } = admitted.entry
    const served = chooseVersion(dependencies, passage, catalog)
    if (served.type === 'refusal') return served
    return bring(dependencies, passage, catalog, served)
  }

  return async (call, sink) => {
    const now = nowMs()
    const request = readRequest(call)
    if (request.type === 'refusal') {
      writeRefusal(sink, call.method, request, uuidV7(now), [])
      return
    }
    const passage = beginPassage(call, sink, request.target, request.head, now)
    call.presence.onLeave(() => leave(passage))
    try {
      const refused = await pass(passage)
      if (refused) refuse(dependencies, passage, refused)
    } catch (error) {
      fail(dependencies, passage, error, mayLog)
    }
  }
}

/** Nobody waits for the answer any more: what is under way for it ends. */
function leave({ exchanges }: Passage): void {
  for (const exchange of exchanges) {
    exchange.cancel({ kind: 'caller-left', detail: 'The caller left.' })
  }
}

function answerOptions({ sink }: Passage): undefined {
  sink.head(204, ['Allow', ALLOWED])
  sink.body.end()
}

/** An outage of what the bridge itself needs, or a defect. */
function fail(
  dependencies: ProxyDependencies,
  passage: Passage,
  error: unknown,
  mayLog: ReturnType<typeof throttle>,
): void {
  const known = error instanceof Failure ? error : undefined
  // An outage fails every call alike; a defect is always worth its line.
  const heldBack = known ? mayLog(Date.now()) : 0
  if (heldBack !== undefined) {
    log('error', known ? 'call-failed' : 'call-defect', {
      function: 'tool-proxy',
      callId: passage.id,
      correlationId: passage.correlationId,
      heldBack,
      ...errorFields(error),
    })
  }
  if (passage.answered) {
    passage.sink.cut()
    return
  }
  const refused =
    known && known.kind !== 'Misconfigured'
      ? unreadable(known.status, known.message)
      : unreadable(known?.status ?? 500, 'The bridge failed; its log says how.')
  const later = known?.retryable ? { retryAfterS: known.retryAfterS ?? 1 } : {}
  refuse(dependencies, passage, { ...refused, ...later })
}

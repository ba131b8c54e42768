import type { ListedInstance } from '../discovery/instance.ts'
import { ownEvent } from '../events/own-event.ts'
import { type AnswerDifference, answerDifference } from './answer-difference.ts'
import { MIRROR_MEMBER, type Mirror } from './mirror.ts'
import type { TransformAnswer, TransformRequest } from './transform-message.ts'
import type { TransformPath } from './transform-path.ts'

/** The largest bodies, of request and answer, with which a call can be mirrored. */
export const MIRRORED_BODY_BYTES = 262_144

/** One of so many agreements is told: what differs is what matters. */
const TOLD_AGREEMENTS = 0.1

/** A call whose answer has gone to its caller. */
export type MirroredCall = Readonly<{
  mirror: Mirror
  service: string
  /** `CallRoute.revision` */
  revision: number
  operation: string
  correlationId: string
  sessionId?: string | undefined
  servedVersion: string
  /** As it was sent to the instance that served; credentials and hop-by-hop headers left out. */
  request: TransformRequest
  /** What that instance answered; undefined when its body was larger than can be compared. */
  answer: TransformAnswer | undefined
}>

export type MirrorDependencies = Readonly<{
  /** Sends once, waits a bounded time, reads at most so many bytes; throws `Failure`s. */
  send(
    instance: ListedInstance,
    request: TransformRequest,
    maxBytes: number,
  ): Promise<TransformAnswer>
  /** `Transformer.request` */
  transform(
    path: TransformPath,
    request: TransformRequest,
  ): Promise<
    Readonly<{
      request: TransformRequest
      answer(answer: TransformAnswer): Promise<TransformAnswer>
    }>
  >
  /** The event `services.health.mirror_agreed` or `mirror_differed`, for the log. Does not throw. */
  report(record: ReturnType<typeof ownEvent>): void
  /** UUIDv7 */
  newId(): string
  nowMs(): number
  /** 0 (inclusive) to 1 (exclusive) */
  random(): number
}>

/**
 * Sends a copy of a call to another version, compares the answers and reports how they differ, never
 * what they hold. Run beside the call, never on its way: resolves when it is done and never rejects.
 */
export async function mirrorCall(
  call: MirroredCall,
  dependencies: MirrorDependencies,
): Promise<void> {
  if (!call.answer) return
  const { nowMs, random, report } = dependencies
  const began = nowMs()
  const found = await compare(call, call.answer, dependencies)
  const agrees = 'aspects' in found && found.aspects.length === 0
  if (agrees && random() >= TOLD_AGREEMENTS) return
  const { service, mirror, operation, revision, servedVersion, sessionId, correlationId } = call
  report(
    ownEvent({
      id: dependencies.newId(),
      source: 'tool-proxy',
      type: `services.health.mirror_${agrees ? 'agreed' : 'differed'}`,
      at: began * 1_000,
      data: {
        ...{ service, revision, served_version: servedVersion, mirrored_version: mirror.version },
        called: operation,
        mirror_ms: nowMs() - began,
        transformed: mirror.path?.versions ?? null,
        ...found,
        ...(agrees ? { one_in: 1 / TOLD_AGREEMENTS } : {}),
      },
      attributes: {
        subject: service,
        correlationid: correlationId,
        ...(sessionId === undefined ? {} : { sessionid: sessionId }),
      },
    }),
  )
}

/** Both answers in the form of the version that served, or why there is no second one. */
async function compare(
  { mirror, request }: MirroredCall,
  answer: TransformAnswer,
  { send, transform, random }: MirrorDependencies,
): Promise<AnswerDifference | Readonly<{ failed: string }>> {
  const { candidates, path } = mirror
  const instance = candidates[Math.floor(random() * candidates.length)]
  if (!instance) return { failed: 'NoInstance' }
  const copy = { ...request, rawHeaders: marked(request.rawHeaders) }
  try {
    if (!path) return answerDifference(answer, await send(instance, copy, MIRRORED_BODY_BYTES))
    const there = await transform(path, copy)
    const made = await there.answer(await send(instance, there.request, MIRRORED_BODY_BYTES))
    return answerDifference(answer, made)
  } catch (error) {
    // The kind alone: a message may name what was sent.
    return { failed: error instanceof Error ? error.name : 'Unknown' }
  }
}

/** With the mark that this is a copy, which those it calls in turn pass on. */
function marked(rawHeaders: readonly string[]): readonly string[] {
  const mark = `${MIRROR_MEMBER}=1`
  const at = rawHeaders.findIndex((name, nr) => nr % 2 === 0 && name.toLowerCase() === 'baggage')
  if (at < 0) return [...rawHeaders, 'baggage', mark]
  return rawHeaders.with(at + 1, `${rawHeaders[at + 1]},${mark}`)
}

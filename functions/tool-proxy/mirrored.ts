import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import { uuidV7 } from '#shared/domain/events/uuid.ts'
import { decideMirror } from '#shared/domain/routing/mirror.ts'
import { MIRRORED_BODY_BYTES, mirrorCall } from '#shared/domain/routing/mirror-call.ts'
import { type BodyKeeper, bodyKeeper } from './body-keeper.ts'
import type { Served } from './choose-version.ts'
import type { ProxyDependencies } from './dependencies.ts'
import type { Forwarded } from './forward.ts'
import type { Passage } from './passage.ts'
import type { Ready } from './ready.ts'
import { isEmpty } from './request-body.ts'
import { sendCopy } from './send-copy.ts'
import { messageOf } from './transformed.ts'

export type Mirroring = Readonly<{
  /** The whole request is needed, up to so many bytes; undefined when it has no body to wait for. */
  requestBytes: number | undefined
  /** Keeps the answer, and sends the copy when it has gone to the caller. */
  keeperFor(ready: Ready): (forwarded: Forwarded) => BodyKeeper
}>

/** Copies under way at once in this process; further calls are not mirrored. */
const MOST_COPIES = 32
let copies = 0

/** Decides whether a copy of a call goes to another version (see `MirrorRule`), beside its way. */
export function mirroring(
  dependencies: ProxyDependencies,
  passage: Passage,
  catalog: ServiceCatalog,
  served: Served,
): Mirroring | undefined {
  if (!catalog.rules?.mirror || served.type === 'transformed' || copies >= MOST_COPIES)
    return undefined
  const { call, head, rule } = passage
  const { contentLength } = head
  const isBodiless = isEmpty(passage)
  const isKnown = isBodiless || (contentLength ?? Number.POSITIVE_INFINITY) <= MIRRORED_BODY_BYTES
  if (!isKnown) return undefined
  const { transformer, nowMs, random, report } = dependencies
  const mirror = decideMirror(catalog, {
    method: call.method,
    idempotent: rule?.idempotent,
    baggage: head.values.baggage,
    servedVersion: served.version,
    random: random(),
  })
  if (!mirror) return undefined

  return {
    requestBytes: isBodiless ? undefined : MIRRORED_BODY_BYTES,
    keeperFor:
      ({ outgoing }) =>
      ({ answer }) =>
        bodyKeeper(MIRRORED_BODY_BYTES, (body) => {
          copies += 1
          void mirrorCall(
            {
              mirror,
              service: catalog.service,
              revision: passage.route.revision,
              operation: passage.operation,
              correlationId: passage.correlationId,
              sessionId: passage.sessionId,
              servedVersion: served.version,
              request: messageOf(outgoing),
              answer: body && { status: answer.status, rawHeaders: answer.rawHeaders, body },
            },
            {
              send: sendCopy(dependencies),
              transform: (path, request) => transformer.request(path, request),
              newId: () => uuidV7(nowMs()),
              ...{ report, nowMs, random },
            },
          ).finally(() => {
            copies -= 1
          })
        }),
  }
}

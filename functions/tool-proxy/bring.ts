import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { Refusal } from '#shared/domain/proxy/refusal.ts'
import { TRANSFORMED_BODY_BYTES } from '#shared/domain/routing/transform-message.ts'
import { addVersionPin } from '#shared/domain/routing/version-pins.ts'
import { giveStreamed } from './answer.ts'
import type { BodyKeeper } from './body-keeper.ts'
import { bringCached } from './cached.ts'
import type { Served } from './choose-version.ts'
import type { ProxyDependencies } from './dependencies.ts'
import { type Forwarded, forward } from './forward.ts'
import { mirroring } from './mirrored.ts'
import { outgoing } from './outgoing.ts'
import type { Passage } from './passage.ts'
import { planCall } from './plan.ts'
import type { Ready } from './ready.ts'
import { readRequestBody } from './request-body.ts'
import { serviceRules } from './service-rules.ts'
import { bringTransformed } from './transformed.ts'

/** Brings an admitted call to the version that serves it, and its answer back to the caller. */
export async function bring(
  dependencies: ProxyDependencies,
  passage: Passage,
  catalog: ServiceCatalog,
  served: Served,
): Promise<Refusal | undefined> {
  const isTransformed = served.type === 'transformed'
  const mirror = mirroring(dependencies, passage, catalog, served)
  const wanted = isTransformed ? TRANSFORMED_BODY_BYTES : mirror?.requestBytes
  const body = await readRequestBody(dependencies, passage, wanted)
  if (body.type === 'refusal') return body
  const plan = planCall(dependencies, passage, catalog, served.candidates, body)
  const { baggage } = passage.head.values
  const ready: Ready = {
    ...{ catalog, plan },
    outgoing: outgoing(passage, body.content, {
      baggage: addVersionPin(baggage, catalog.service, served.pin),
      deadline: passage.startedAt + plan.patience.totalMs,
    }),
  }
  if (isTransformed) return bringTransformed(dependencies, passage, ready, served.path)
  const keeper = mirror?.keeperFor(ready)
  if (serviceRules(catalog).cache.mode !== 'off') {
    return bringCached(dependencies, passage, ready, keeper)
  }
  return bringPlain(dependencies, passage, ready, keeper)
}

async function bringPlain(
  dependencies: ProxyDependencies,
  passage: Passage,
  { plan, outgoing }: Ready,
  keeperFor: ((forwarded: Forwarded) => BodyKeeper) | undefined,
): Promise<Refusal | undefined> {
  const forwarded = await forward(dependencies, passage, plan, outgoing)
  if (forwarded.type === 'refusal') return forwarded
  await giveStreamed(dependencies, passage, forwarded.answer, keeperFor?.(forwarded))
  return undefined
}

import type { ReceivedAnswer, StoredAnswer } from '#shared/domain/caching/message.ts'
import { type Refusal, refusal } from '#shared/domain/proxy/refusal.ts'
import type { CacheLookup } from '#shared/ports/response-cache.ts'
import { giveStreamed, giveWhole } from './answer.ts'
import type { Asking } from './asking.ts'
import { type BodyKeeper, bodyKeeper, keepers } from './body-keeper.ts'
import { cacheRequest, conditional } from './cache-request.ts'
import type { ProxyDependencies } from './dependencies.ts'
import { type Forwarded, forward } from './forward.ts'
import type { Passage } from './passage.ts'
import type { Ready } from './ready.ts'
import { renewBeside } from './renew-beside.ts'
import { serviceRules } from './service-rules.ts'

type Land = (outcome: 'stored' | 'not-stored' | 'failed') => void

/** A call of a service whose answers may be kept (RFC 9111): from the cache, or from an instance. */
export async function bringCached(
  dependencies: ProxyDependencies,
  passage: Passage,
  ready: Ready,
  keeperFor: Asking['keeperFor'],
): Promise<Refusal | undefined> {
  const { cache, nowMs } = dependencies
  const rules = serviceRules(ready.catalog).cache
  const request = cacheRequest(passage, ready.outgoing)
  const asking: Asking = { dependencies, passage, ready, request, rules, keeperFor }
  const found = cache.lookup(request, rules, nowMs())
  passage.route.cache = 'miss'
  switch (found.type) {
    case 'hit':
      give(asking, found, 'hit')
      return undefined
    case 'stale-while-revalidate':
      give(asking, found, 'stale')
      renewBeside(asking, found)
      return undefined
    case 'unsatisfiable':
      note(passage, found.status)
      return refusal('timeout', 'Nothing is kept that answers this (`only-if-cached`).')
    case 'bypass':
      passage.route.cache = 'off'
      note(passage, found.status)
      return ask(asking, undefined, undefined)
    case 'revalidate':
    case 'miss':
      return share(asking, found)
  }
}

/** Asks an instance, or waits for somebody who asks the same at this moment. */
async function share(
  asking: Asking,
  found: Extract<CacheLookup, { type: 'miss' | 'revalidate' }>,
): Promise<Refusal | undefined> {
  const { dependencies, passage, request, rules, ready } = asking
  const { cache, nowMs } = dependencies
  const flight = cache.join(request, rules)
  if (flight.leads) {
    note(passage, found.status)
    return ask(asking, found.type === 'revalidate' ? found : undefined, flight.land)
  }
  await within(flight.landed, ready.plan.until - performance.now())
  const again = cache.lookup(request, rules, nowMs())
  if (again.type === 'hit') {
    give(asking, again, 'shared')
    return undefined
  }
  note(passage, again.status)
  return ask(asking, again.type === 'revalidate' ? again : undefined, undefined)
}

async function ask(
  asking: Asking,
  validation: Extract<CacheLookup, { type: 'revalidate' }> | undefined,
  land: Land | undefined,
): Promise<Refusal | undefined> {
  const { dependencies, passage, ready, request, rules } = asking
  const { cache, nowMs } = dependencies
  const requestedAt = nowMs()
  let landed: Parameters<Land>[0] = 'failed'
  try {
    const outgoing = validation
      ? {
          ...ready.outgoing,
          rawHeaders: conditional(ready.outgoing.rawHeaders, validation.headers),
        }
      : ready.outgoing
    const forwarded = await forward(dependencies, passage, ready.plan, outgoing)
    const isError = forwarded.type === 'refusal' || forwarded.answer.status >= 500
    const stale = isError ? cache.staleFor(request, rules, nowMs()) : undefined
    if (stale) {
      if (forwarded.type === 'forwarded') letGo(forwarded)
      give(asking, stale, 'stale')
      return undefined
    }
    if (forwarded.type === 'refusal') return forwarded
    const { status, rawHeaders } = forwarded.answer
    const head = { status, rawHeaders, requestedAt, receivedAt: nowMs() }
    cache.invalidate(request, head)
    if (validation && status === 304) {
      const renewed = cache.freshen(request, head, rules)
      if (renewed) {
        letGo(forwarded)
        landed = 'stored'
        give(asking, renewed, 'revalidated')
        return undefined
      }
    }
    landed = 'not-stored'
    await giveKept(asking, forwarded, head, () => {
      landed = 'stored'
    })
    return undefined
  } finally {
    land?.(landed)
  }
}

/** Gives an answer on, and keeps it where it may be. */
async function giveKept(
  { dependencies, passage, request, rules, keeperFor }: Asking,
  forwarded: Forwarded,
  head: Omit<ReceivedAnswer, 'body'>,
  stored: () => void,
): Promise<void> {
  const { cache } = dependencies
  const all: BodyKeeper[] = keeperFor ? [keeperFor(forwarded)] : []
  if (cache.storable(request, head, rules)) {
    const keeper = bodyKeeper(rules.maxEntryBytes, (body) => {
      if (body && cache.store(request, { ...head, body }, rules)) stored()
    })
    all.push(keeper)
  }
  await giveStreamed(dependencies, passage, forwarded.answer, keepers(all))
}

/** An answer that is not for the caller: its body is read and forgotten, and the connection kept. */
function letGo({ answer }: Forwarded): void {
  answer.take({ data: () => undefined, end: () => undefined, fault: () => undefined })
}

function give(
  { dependencies, passage }: Asking,
  { answer, status }: Readonly<{ answer: StoredAnswer; status: string }>,
  how: Passage['route']['cache'],
): void {
  passage.route.cache = how
  note(passage, status)
  giveWhole(dependencies, passage, answer.status, answer.rawHeaders, answer.body)
}

/** RFC 9211. */
const note = (passage: Passage, status: string): unknown => passage.own.push('Cache-Status', status)

async function within(promise: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>((done) => {
    timer = setTimeout(done, Math.max(ms, 0))
  })
  await Promise.race([promise, late])
  clearTimeout(timer)
}

import type { CacheLookup } from '#shared/ports/response-cache.ts'
import type { Asking } from './asking.ts'
import { bodyKeeper } from './body-keeper.ts'
import { conditional } from './cache-request.ts'
import { forward } from './forward.ts'
import type { Passage } from './passage.ts'

/** Asks an instance for what was just given stale; a call of the bridge's own, for the cache alone. */
export function renewBeside(
  asking: Asking,
  found: Extract<CacheLookup, { type: 'stale-while-revalidate' }>,
): void {
  const { dependencies, request, rules, ready } = asking
  const { cache, nowMs } = dependencies
  const flight = cache.join(request, rules)
  if (!flight.leads) return
  const passage = unattended(asking.passage)
  const requestedAt = nowMs()
  const rawHeaders = conditional(ready.outgoing.rawHeaders, found.headers)
  void forward(dependencies, passage, ready.plan, { ...ready.outgoing, rawHeaders }).then(
    (forwarded) => {
      if (forwarded.type === 'refusal') return flight.land('failed')
      const { status, rawHeaders: answered } = forwarded.answer
      const head = { status, rawHeaders: answered, requestedAt, receivedAt: nowMs() }
      cache.invalidate(request, head)
      if (status === 304) cache.freshen(request, head, rules)
      const isKept = status !== 304 && cache.storable(request, head, rules)
      const keeper = bodyKeeper(isKept ? rules.maxEntryBytes : 0, (body) => {
        const stored =
          isKept && body !== undefined && cache.store(request, { ...head, body }, rules)
        flight.land(stored || status === 304 ? 'stored' : 'not-stored')
      })
      return forwarded.answer.take({
        data: (piece) => keeper.add(piece),
        end: () => keeper.end(),
        fault: () => keeper.drop(),
      })
    },
    () => flight.land('failed'),
  )
}

/** A passage beside one: whatever becomes of it, its caller and its record hear nothing of it. */
const unattended = (passage: Passage): Passage => ({
  ...passage,
  call: { ...passage.call, presence: ALWAYS_THERE },
  route: { ...passage.route, attempts: [] },
  exchanges: [],
  answered: true,
})

const ALWAYS_THERE = { left: false, onLeave: () => undefined }

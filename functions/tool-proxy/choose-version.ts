import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import { type Refusal, refusal, unreadable } from '#shared/domain/proxy/refusal.ts'
import type { VersionDecision } from '#shared/domain/routing/decision.ts'
import { refusalOf } from '#shared/domain/routing/refusal.ts'
import { decideVersion } from '#shared/domain/routing/version-decision.ts'
import { readVersionPins, VERSIONS_MEMBER } from '#shared/domain/routing/version-pins.ts'
import type { ProxyDependencies } from './dependencies.ts'
import type { Passage } from './passage.ts'

export type Served = Extract<VersionDecision, { type: 'version' | 'transformed' }>

/** Decides which version a call gets, and says so in the answer's headers. */
export function chooseVersion(
  { random }: ProxyDependencies,
  passage: Passage,
  catalog: ServiceCatalog,
): Served | Refusal {
  const { head, sessionId, route, own } = passage
  const { baggage } = head.values
  const decision = decideVersion(catalog, {
    acceptVersion: head.values['accept-version'],
    sessionId,
    pinned: baggage?.includes(VERSIONS_MEMBER)
      ? readVersionPins(baggage).get(catalog.service)
      : undefined,
    random: random(),
  })
  route.why = decision.why
  if (decision.type === 'malformed' || decision.type === 'none') {
    const { detail, members } = refusalOf(catalog.service, decision)
    if (decision.type === 'malformed') return { ...unreadable(400, detail), members }
    const later = decision.fault === 'no-instance' ? { retryAfterS: 1 } : {}
    return refusal(decision.fault, detail, { members, ...later })
  }
  route.version = decision.version
  if (decision.type === 'transformed') route.transformed = decision.path.versions
  for (const [name, value] of decision.headers) own.push(name, value)
  return decision
}

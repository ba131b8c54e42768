import { catalogKeys } from '../catalog/service-catalog.ts'
import { ownEvent } from '../events/own-event.ts'
import { uuidV8Of } from '../events/uuid.ts'
import { holdsOver, type SharedBreaker } from './shared-breaker.ts'

/** Who is closed for so long is as good as who never was open, ms. */
export const CLOSED_FOR_MS = 600_000
/** Nobody has called what could be tried for so long: the instance is gone, or nobody needs it. ms */
const UNTRIED_FOR_MS = 3_600_000

/** Where a circuit's record lies in the key-value store. */
export const breakerKey = ({
  service,
  instance,
}: Pick<SharedBreaker, 'service' | 'instance'>): string => catalogKeys.breaker(service, instance)

/**
 * What a change of a circuit here means to the record that all environments share: it is `written` if
 * it is later; `known` already when another environment found out the same, and `overtaken` when one
 * found out something else since.
 */
export function compareWithShared(
  change: SharedBreaker,
  shared: SharedBreaker | undefined,
): 'written' | 'known' | 'overtaken' {
  if (!shared) return 'written'
  const isUnderWay = shared.state === 'closed' || shared.retryAt > change.since
  if (shared.state === change.state && isUnderWay) return 'known'
  return holdsOver(change, shared) ? 'written' : 'overtaken'
}

/** Whether nobody needs the record any more: without it the circuit is closed. */
export function isForgotten({ state, since, retryAt }: SharedBreaker, nowMs: number): boolean {
  return state === 'closed' ? nowMs - since > CLOSED_FOR_MS : nowMs - retryAt > UNTRIED_FOR_MS
}

const verbs = {
  open: 'breaker_opened',
  'half-open': 'breaker_half_opened',
  closed: 'breaker_closed',
} as const

/** Who or what changed a circuit. */
export type ChangeSource = Readonly<{
  /** The function, by name. */
  source: string
  /** The principal that reset it. */
  actor?: Readonly<Record<string, unknown>>
  /** Whether all environments know of it; else the store was away. */
  isShared: boolean
}>

/** The log's record of a circuit's change: the same event whoever tells of the same change. */
export function breakerEvent(breaker: SharedBreaker, { source, actor, isShared }: ChangeSource) {
  const { service, instance, state, since, retryAt, reason } = breaker
  return ownEvent({
    id: uuidV8Of(`breaker/${service}/${instance}/${state}/${since}`),
    source,
    type: `services.health.${verbs[state]}`,
    at: since * 1_000,
    data: {
      ...{ service, instance, state, reason },
      ...(state === 'closed' ? {} : { retry_at: new Date(retryAt).toISOString() }),
      ...(actor ? { actor } : {}),
      shared: isShared,
    },
    // Events of one service keep their order.
    attributes: { subject: `${service}/${instance}`, partitionkey: service },
  })
}

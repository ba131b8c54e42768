import type { ServiceCatalog } from '../catalog/service-catalog.ts'
import { eject, recordVerdict } from './ejection.ts'
import type { Choice, ChoiceWish, Ended } from './instance-choice.ts'
import { begin, observe } from './load.ts'
import { isClosed, type Member } from './member.ts'
import { poolRefusal, serviceRefusal } from './refusal.ts'
import { defaultRetryRules } from './rules.ts'
import { type Selected, select } from './selection.ts'
import { type ServiceState, serviceState } from './service-state.ts'
import type { SharedBreaker } from './shared-breaker.ts'

/** Services that are remembered; the one that was not called for the longest time makes room. */
const MOST_SERVICES = 1_000

export type InstanceChooserOptions = Readonly<{
  /** 0 to 1 */
  random: () => number
  /** Told of each change that calls of this process made to a circuit, at once and within the call. */
  onTransition?: (breaker: SharedBreaker) => void
}>

/**
 * Chooses the instance of each call, and learns from how calls end: circuit breakers of the service and
 * of each instance, outlier ejection, zones, sessions, and power of two choices on latency and load.
 * What it remembers goes with the instances of the catalog's entries, and with services not called.
 */
export type InstanceChooser = Readonly<{
  /** Circuits and instances are taken over from the entry whenever it is another than last time. */
  choose(catalog: ServiceCatalog, wish: ChoiceWish): Choice
  /** Whether a retry or a hedge is within the service's budget now; a yes spends it. */
  mayRetry(catalog: ServiceCatalog, nowMs: number): boolean
}>

export function instanceChooser({
  random,
  onTransition = () => undefined,
}: InstanceChooserOptions): InstanceChooser {
  const services = new Map<string, ServiceState>()

  function stateOf(catalog: ServiceCatalog, nowMs: number): ServiceState {
    const { service } = catalog
    let state = services.get(service)
    if (!state) {
      if (services.size >= MOST_SERVICES) forgetOldest(services)
      state = serviceState({ service, random, onTransition })
      services.set(service, state)
    }
    state.usedAt = nowMs
    state.follow(catalog, nowMs)
    return state
  }

  return {
    choose(catalog, wish) {
      const { nowMs, exclude } = wish
      const state = stateOf(catalog, nowMs)
      if (!exclude?.size) state.budget.requested(nowMs)
      const pool = state.poolOf(wish.candidates ?? catalog.instances)
      if (state.whole.blockedUntil(nowMs) > 0) return serviceRefusal(state.whole, nowMs)
      const selected = select(state, pool, forThis(catalog, wish), random)
      return selected ? enter(state, selected, nowMs) : poolRefusal(pool, wish)
    },

    mayRetry(catalog, nowMs) {
      const share = catalog.rules?.retry?.budget ?? defaultRetryRules.budget
      return stateOf(catalog, nowMs).budget.spend(share, nowMs)
    },
  }
}

/** Sessions stay where they are only where rules say so. */
function forThis({ rules }: ServiceCatalog, wish: ChoiceWish): ChoiceWish {
  if (wish.session === undefined || rules?.stickiness === 'session') return wish
  const { session: _, ...without } = wish
  return without
}

function forgetOldest(services: Map<string, ServiceState>): void {
  let oldest: [string, ServiceState] | undefined
  for (const entry of services) if (!oldest || entry[1].usedAt < oldest[1].usedAt) oldest = entry
  if (oldest) services.delete(oldest[0])
}

function enter(state: ServiceState, { member, why }: Selected, nowMs: number): Choice {
  const { instance } = member
  const whole = state.whole.enter(nowMs)
  const circuit = state.circuitOf(member)
  const own = circuit.enter(nowMs)
  const answered = begin(member.load, nowMs)
  state.inFlight += 1
  let hasEnded = false

  function ended({ nowMs: endedAt, latencyMs, verdict }: Ended): void {
    if (hasEnded) return
    hasEnded = true
    answered()
    state.inFlight -= 1
    state.note(member, verdict, latencyMs, endedAt)
    if (whole !== undefined) state.whole.leave(whole, verdict, latencyMs, endedAt)
    if (own !== undefined) circuit.leave(own, verdict, latencyMs, endedAt)
    learn(state, member, { nowMs: endedAt, latencyMs, verdict })
  }
  return { type: 'chosen', instance, why, ended }
}

function learn(state: ServiceState, member: Member, { nowMs, latencyMs, verdict }: Ended): void {
  // One that nobody waited for to the end was at least so slow.
  const isTelling = verdict !== 'abandoned' || latencyMs > member.load.latencyMs
  if (isTelling) observe(member.load, latencyMs, verdict === 'fault', nowMs)
  const failsAgain = recordVerdict(member.ejection, verdict)
  if (failsAgain && isClosed(member)) {
    eject(
      member.ejection,
      [...state.members.values()].map(({ ejection }) => ejection),
      nowMs,
    )
  }
  state.compare(nowMs)
}

import type { ServiceCatalog } from '../catalog/service-catalog.ts'
import type { ListedInstance } from '../discovery/instance.ts'
import { type Circuit, type CircuitState, circuit, isSlow } from './circuit.ts'
import { COMPARE_EVERY_MS, compareInstances, isEjected, pardon } from './ejection.ts'
import { isClosed, isSamePlace, isWell, type Member, newMember } from './member.ts'
import { membersOf, type Pool, poolOf } from './pool.ts'
import { type RetryBudget, retryBudget } from './retry-budget.ts'
import { defaultBreakerRules } from './rules.ts'
import { type SharedBreaker, WHOLE_SERVICE } from './shared-breaker.ts'
import type { Verdict } from './verdict.ts'
import { widespread } from './widespread.ts'

export type ServiceStateOptions = Readonly<{
  service: string
  /** 0 to 1 */
  random: () => number
  onTransition: (breaker: SharedBreaker) => void
}>

/** What this process knows of one service: no more than the catalog's last entry has instances. */
export type ServiceState = {
  readonly whole: Circuit
  readonly budget: RetryBudget
  /** Those whose circuit is not closed. */
  readonly troubled: ReadonlySet<Member>
  readonly members: ReadonlyMap<string, Member>
  /** Calls under way. */
  inFlight: number
  usedAt: number
  /** Takes over what is new in an entry. */
  follow(catalog: ServiceCatalog, nowMs: number): void
  poolOf(candidates: readonly ListedInstance[]): Pool
  circuitOf(member: Member): Circuit
  /** Whether calls may go to it as to any other. */
  isAble(member: Member, nowMs: number): boolean
  /** Takes note of how a call ended, before the circuits do. */
  note(member: Member, verdict: Verdict, latencyMs: number, nowMs: number): void
  /** Compares instances if that is due. */
  compare(nowMs: number): void
}

export function serviceState(options: ServiceStateOptions): ServiceState {
  const { service, random, onTransition } = options
  const troubled = new Set<Member>()
  let members = new Map<string, Member>()
  let rules = defaultBreakerRules
  let followed: ServiceCatalog | undefined
  let pools = new WeakMap<readonly ListedInstance[], Pool>()
  let compareAt = 0

  const newCircuit = (
    instance: string,
    onChange: (state: CircuitState) => void,
    mayOpen?: (nowMs: number) => boolean,
  ) =>
    circuit({
      ...{ rules, random },
      ...(mayOpen ? { mayOpen } : {}),
      onChange(state) {
        onChange(state)
        onTransition({ service, instance, ...state })
      },
    })
  const faults = widespread()
  const whole = newCircuit(
    WHOLE_SERVICE,
    () => faults.clear(),
    (nowMs) => faults.is(members.size, rules.windowMs, nowMs),
  )

  function circuitOf(member: Member): Circuit {
    member.circuit ??= newCircuit(member.instance.id, () => follow(member))
    return member.circuit
  }

  function follow(member: Member): void {
    if (isClosed(member)) troubled.delete(member)
    else if (members.get(member.instance.id) === member) troubled.add(member)
  }

  function memberOf(instance: ListedInstance): Member {
    const known = members.get(instance.id)
    if (!known || !isSamePlace(known.instance, instance)) return newMember(instance)
    known.instance = instance
    return known
  }

  function takeOver(breaker: SharedBreaker, nowMs: number): void {
    const { service: _, instance, ...state } = breaker
    if (instance === WHOLE_SERVICE) {
      whole.takeOver(state, nowMs)
      return
    }
    const member = members.get(instance)
    // What is closed and was never anything else needs no circuit.
    if (!member || (state.state === 'closed' && !member.circuit)) return
    const before = circuitOf(member).state
    circuitOf(member).takeOver(state, nowMs)
    if (circuitOf(member).state !== before && isClosed(member)) pardon(member.ejection)
    follow(member)
  }

  return {
    whole,
    budget: retryBudget(),
    troubled,
    get members() {
      return members
    },
    inFlight: 0,
    usedAt: 0,

    follow(catalog, nowMs) {
      if (catalog === followed) return
      followed = catalog
      rules = { ...defaultBreakerRules, ...catalog.rules?.breaker }
      members = new Map(catalog.instances.map((instance) => [instance.id, memberOf(instance)]))
      pools = new WeakMap()
      whole.setRules(rules)
      for (const { circuit } of members.values()) circuit?.setRules(rules)
      troubled.clear()
      for (const member of members.values()) follow(member)
      for (const breaker of catalog.breakers) takeOver(breaker, nowMs)
    },

    poolOf(candidates) {
      const known = pools.get(candidates)
      if (known) return known
      const pool = poolOf(membersOf(candidates, members))
      pools.set(candidates, pool)
      return pool
    },

    circuitOf,
    isAble: (member, nowMs) =>
      isWell(member) && isClosed(member) && !isEjected(member.ejection, nowMs),

    note(member, verdict, latencyMs, nowMs) {
      if (verdict === 'abandoned') return
      if (verdict === 'fault' || isSlow(latencyMs, rules)) faults.add(member.instance.id, nowMs)
      else if (rules.model === 'consecutive') faults.clear()
    },

    compare(nowMs) {
      if (nowMs < compareAt) return
      compareAt = nowMs + COMPARE_EVERY_MS
      compareInstances(
        [...members.values()].map(({ ejection }) => ejection),
        nowMs,
      )
    },
  }
}

import type { ChoiceWish } from './instance-choice.ts'
import { isClosed, isWell, type Member } from './member.ts'
import { pickOfSession, pickOfTwo } from './pick.ts'
import type { Pool } from './pool.ts'
import { hash32, scoreOf } from './rendezvous.ts'
import type { ServiceState } from './service-state.ts'

/** Requests that can't be done again try an instance only when no other has for so long, ms. */
const OVERDUE_MS = 30_000
const FULL_HASH = 2 ** 32
/** Keeps the draw of a session's zone apart from that of its instance. */
const ZONE_DRAW = 0x7a6f6e65

export type Selected = Readonly<{ member: Member; why: string }>

/** Whether a request may go to it at all, however its calls went. */
export const isFree = (member: Member, { exclude }: ChoiceWish): boolean =>
  isWell(member) && !exclude?.has(member.instance.id)

/**
 * The instance for a call: one that is due for its trial, else the best of those that are well, else
 * one that is only ejected; undefined where all circuits are open.
 */
export function select(
  state: ServiceState,
  pool: Pool,
  wish: ChoiceWish,
  random: () => number,
): Selected | undefined {
  const due = findDue(state, pool, wish)
  const trial = due && { member: due, why: 'trial after its circuit was open' }
  if (due && (wish.repeatable || isOverdue(due, wish.nowMs))) return trial
  return selectAble(state, pool, wish, random) ?? selectEjected(pool, wish, random) ?? trial
}

function findDue(state: ServiceState, pool: Pool, wish: ChoiceWish): Member | undefined {
  for (const member of state.troubled) {
    if (member.circuit?.blockedUntil(wish.nowMs) !== 0) continue
    if (pool.has(member) && isFree(member, wish)) return member
  }
  return undefined
}

const isOverdue = ({ circuit }: Member, nowMs: number) =>
  circuit !== undefined && nowMs - circuit.state.retryAt > OVERDUE_MS

function selectAble(
  state: ServiceState,
  pool: Pool,
  wish: ChoiceWish,
  random: () => number,
): Selected | undefined {
  const { nowMs, zone, session } = wish
  const key = session === undefined ? undefined : hash32(session)
  const willDo = (member: Member) => state.isAble(member, nowMs) && isFree(member, wish)
  const from = (members: readonly Member[]) =>
    key === undefined
      ? pickOfTwo(members, { nowMs, random, willDo })
      : pickOfSession(members, key, state.inFlight, willDo)
  const how = key === undefined ? 'cheapest of two' : 'session'

  if (zone !== undefined && zone !== '') {
    const zoned = pool.inZone(zone, (member) => state.isAble(member, nowMs), nowMs)
    const drawn = key === undefined ? random() : scoreOf(key, ZONE_DRAW) / FULL_HASH
    const stays = drawn < zoned.share
    const member = from(stays ? zoned.local : zoned.elsewhere)
    if (member) return { member, why: `${how}, ${stays ? 'in' : 'beyond'} zone ${zone}` }
  }
  const member = from(pool.members)
  return member && { member, why: how }
}

function selectEjected(pool: Pool, wish: ChoiceWish, random: () => number): Selected | undefined {
  const willDo = (member: Member) => isClosed(member) && isFree(member, wish)
  const member = pickOfTwo(pool.members, { nowMs: wish.nowMs, random, willDo })
  return member && { member, why: 'ejected, but there is no other' }
}

import type { Circuit } from './circuit.ts'
import type { Choice, ChoiceWish } from './instance-choice.ts'
import { isWell } from './member.ts'
import type { Pool } from './pool.ts'
import { isFree } from './selection.ts'

/** When to ask again while somebody tries whether it is well, ms. */
const TRIED_NOW_MS = 1_000

const refused = (
  refusal: Extract<Choice, { type: 'refused' }>['refusal'],
  why: string,
  retryAfterMs = 0,
): Choice => ({ type: 'refused', refusal, retryAfterMs, why })

/** The circuit of the service as a whole lets no call through. */
export function serviceRefusal(whole: Circuit, nowMs: number): Choice {
  const { state, reason } = whole.state
  return refused(
    'circuit-open',
    `the service's circuit is ${state}: ${reason}`,
    waitOf(whole, nowMs),
  )
}

/** No instance of the pool can be called. */
export function poolRefusal({ members }: Pool, wish: ChoiceWish): Choice {
  if (!members.some(isWell)) return refused('no-instance', 'no instance is healthy')
  const free = members.filter((member) => isFree(member, wish))
  if (free.length === 0) return refused('excluded', 'every instance was tried')
  const waits = free.map(({ circuit }) => (circuit ? waitOf(circuit, wish.nowMs) : 0))
  return refused('circuit-open', 'the circuits of all instances are open', Math.min(...waits))
}

function waitOf(circuit: Circuit, nowMs: number): number {
  if (circuit.state.state === 'half-open') return TRIED_NOW_MS
  return Math.max(0, circuit.blockedUntil(nowMs) - nowMs)
}

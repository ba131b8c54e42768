import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import { instanceChooser } from '#shared/domain/resilience/instance-chooser.ts'
import { isRetryable } from '#shared/domain/resilience/retry.ts'
import type { SharedBreaker } from '#shared/domain/resilience/shared-breaker.ts'
import { type Answered, verdictOf } from '#shared/domain/resilience/verdict.ts'
import { seeded } from '#test/support/resilience.ts'

/** What an instance does with a call that comes at a time, ms from the beginning. */
export type Behaviour = (
  instance: string,
  atMs: number,
  random: () => number,
) => Readonly<{ answered: Answered; ms: number }>

type Simulation = Readonly<{
  catalog: ServiceCatalog
  behaviour: Behaviour
  /** Requests per second; they come at random times. */
  perSecond: number
  ms: number
  idempotent?: boolean
  seed?: number
}>

/** A request and how it ended. */
export type SimulatedCall = Readonly<{ atMs: number; ok: boolean; attempts: readonly string[] }>

const START = 1_800_000_000_000

/** Calls of one environment on a service, in simulated time. */
export function simulate({ catalog, behaviour, perSecond, ms, ...rest }: Simulation) {
  const { idempotent = true, seed = 1 } = rest
  const random = seeded(seed)
  const transitions: SharedBreaker[] = []
  const chooser = instanceChooser({ random, onTransition: (one) => transitions.push(one) })
  const most = catalog.rules?.retry?.attempts ?? 3
  const calls: SimulatedCall[] = []
  const due: { atMs: number; run: (atMs: number) => void }[] = []

  function at(atMs: number, run: (atMs: number) => void) {
    let place = due.length
    while (place > 0 && (due[place - 1]?.atMs ?? 0) < atMs) place -= 1
    due.splice(place, 0, { atMs, run })
  }

  function attempt(begunMs: number, nowMs: number, attempts: readonly string[]) {
    const end = (ok: boolean, all: readonly string[]) =>
      calls.push({ atMs: begunMs, ok, attempts: all })
    const choice = chooser.choose(catalog, {
      ...{ nowMs: START + nowMs, repeatable: idempotent, exclude: new Set(attempts) },
    })
    if (choice.type === 'refused') {
      end(false, attempts)
      return
    }
    const { id } = choice.instance
    const tried = [...attempts, id]
    const { answered, ms: latencyMs } = behaviour(id, nowMs, random)
    at(nowMs + latencyMs, (endedMs) => {
      const verdict = verdictOf(answered)
      choice.ended({ nowMs: START + endedMs, latencyMs, verdict })
      const sent = !('fault' in answered && answered.fault === 'unreachable')
      const fate = { answered, idempotent, sent, replayable: true, attempts: tried.length, most }
      const mayRetry = isRetryable(fate) && chooser.mayRetry(catalog, START + endedMs)
      if (verdict === 'ok' || !mayRetry) end(verdict === 'ok', tried)
      else attempt(begunMs, endedMs, tried)
    })
  }

  function arrive(nowMs: number) {
    attempt(nowMs, nowMs, [])
    const next = nowMs - (Math.log(1 - random()) * 1_000) / perSecond
    if (next < ms) at(next, arrive)
  }

  at(0, arrive)
  for (let next = due.pop(); next; next = due.pop()) next.run(next.atMs)
  return { calls, transitions }
}

/** Answers in a time around a mean, the way a queue does: rarely much later. */
export const wellIn = (meanMs: number, random: () => number) => ({
  answered: { status: 200 },
  ms: meanMs * (0.5 - Math.log(1 - random()) / 2),
})

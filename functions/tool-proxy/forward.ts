import { type Refusal, refusal } from '#shared/domain/proxy/refusal.ts'
import { isRetryable } from '#shared/domain/resilience/retry.ts'
import type { UpstreamAnswer } from '#shared/ports/upstream.ts'
import { Attempt, type Chosen } from './attempt.ts'
import type { ProxyDependencies } from './dependencies.ts'
import { type Finished, hedged } from './hedge.ts'
import type { Outgoing } from './outgoing.ts'
import type { Passage } from './passage.ts'
import type { Plan } from './plan.ts'

/** An instance's answer, whose body is still to be taken. */
export type Forwarded = Readonly<{ type: 'forwarded'; answer: UpstreamAnswer; attempt: Attempt }>

/**
 * Brings a call to an instance, to another one where that may be and helps (RFC 9110, section 9.2.2),
 * until one answers, patience is over or the budget is spent.
 */
export async function forward(
  dependencies: ProxyDependencies,
  passage: Passage,
  plan: Plan,
  outgoing: Outgoing,
): Promise<Forwarded | Refusal> {
  if (plan.patience.ms <= 0) return refusal('timeout', 'The deadline of the call is over.')
  if (passage.call.presence.left) return refusal('caller-left', 'The caller left.')
  const began = performance.now()
  const first = choose(dependencies, passage, plan, undefined)
  if (first.type === 'refused') return refusedBy(first)
  const tried = new Set<string>()
  let chosen: Chosen = first
  for (let attempts = 1; ; attempts++) {
    tried.add(chosen.instance.id)
    const { attempt, outcome } = await attemptOnce(
      dependencies,
      passage,
      plan,
      outgoing,
      chosen,
      tried,
    )
    const answered = attempt.tell(outcome)
    passage.upstreamMs = performance.now() - began
    passage.timings = outcome.type === 'answer' ? outcome.answer.timings : outcome.timings
    passage.route.instance = attempt.instance.id
    const next = passage.call.presence.left
      ? undefined
      : another(dependencies, passage, plan, tried, {
          ...{ answered, attempts, idempotent: plan.idempotent, replayable: plan.replayable },
          sent: outcome.type === 'answer' || outcome.sent,
          most: plan.retry.attempts,
        })
    if (!next) {
      if (outcome.type === 'answer') return { type: 'forwarded', answer: outcome.answer, attempt }
      const { kind, detail } = outcome.fault
      return refusal(kind, detail)
    }
    attempt.exchange.cancel({ kind: 'reset', detail: 'Another instance is asked.' })
    chosen = next
  }
}

/** Another instance for one more attempt, where that is allowed and there is one. */
function another(
  dependencies: ProxyDependencies,
  passage: Passage,
  plan: Plan,
  tried: ReadonlySet<string>,
  so: Parameters<typeof isRetryable>[0],
): Chosen | undefined {
  // Where an attempt waits for as long as patience lasts, none is left after a time-out. Timers are
  // early at times, so the clock alone would say that there is.
  const { ms, totalMs } = plan.patience
  const isOver = 'fault' in so.answered && so.answered.fault === 'timeout' && totalMs <= ms
  if (isOver || !isRetryable(so) || performance.now() >= plan.until) return undefined
  if (!dependencies.chooser.mayRetry(plan.catalog, dependencies.nowMs())) return undefined
  const choice = choose(dependencies, passage, plan, tried)
  return choice.type === 'chosen' ? choice : undefined
}

function attemptOnce(
  dependencies: ProxyDependencies,
  passage: Passage,
  plan: Plan,
  outgoing: Outgoing,
  chosen: Chosen,
  tried: Set<string>,
): Promise<Finished> {
  const attempt = new Attempt(dependencies, passage, plan, chosen, outgoing, false)
  if (plan.hedgeMs === undefined) {
    return attempt.exchange.outcome.then((outcome) => ({ attempt, outcome }))
  }
  return hedged(attempt, plan.hedgeMs, () => {
    if (!dependencies.chooser.mayRetry(plan.catalog, dependencies.nowMs())) return undefined
    const choice = choose(dependencies, passage, plan, tried)
    if (choice.type === 'refused') return undefined
    tried.add(choice.instance.id)
    return new Attempt(dependencies, passage, plan, choice, outgoing, true)
  })
}

function choose(
  { chooser, nowMs, zone }: ProxyDependencies,
  { sessionId, route }: Passage,
  { catalog, candidates, idempotent, replayable, retry }: Plan,
  exclude: ReadonlySet<string> | undefined,
) {
  const choice = chooser.choose(catalog, {
    nowMs: nowMs(),
    candidates,
    repeatable: idempotent && replayable && retry.attempts > 1,
    ...(zone === '' ? {} : { zone }),
    ...(sessionId === undefined ? {} : { session: sessionId }),
    ...(exclude === undefined ? {} : { exclude }),
  })
  if (choice.type === 'chosen') {
    const { meta } = choice.instance
    if (meta.zone !== undefined) route.zone = meta.zone
    route.instance = choice.instance.id
  }
  return choice
}

function refusedBy({
  refusal: why,
  retryAfterMs,
  why: detail,
}: Extract<ReturnType<typeof choose>, { type: 'refused' }>): Refusal {
  return refusal(why === 'circuit-open' ? 'circuit-open' : 'no-instance', detail, {
    retryAfterS: Math.max(Math.ceil(retryAfterMs / 1_000), 1),
  })
}

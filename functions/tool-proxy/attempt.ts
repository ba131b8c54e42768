import type { ListedInstance } from '#shared/domain/discovery/instance.ts'
import type { Choice } from '#shared/domain/resilience/instance-choice.ts'
import { type Answered, verdictOf } from '#shared/domain/resilience/verdict.ts'
import type { UpstreamExchange, UpstreamOutcome } from '#shared/ports/upstream.ts'
import type { ProxyDependencies } from './dependencies.ts'
import { addressedTo, type Outgoing } from './outgoing.ts'
import type { Passage } from './passage.ts'
import type { Plan } from './plan.ts'

export type Chosen = Extract<Choice, { type: 'chosen' }>

/** For each next piece of an answer's body, and of the request's, ms. */
const IDLE_MS = 30_000

/** One request to one instance, and what is told of it afterwards. */
export class Attempt {
  readonly instance: ListedInstance
  readonly exchange: UpstreamExchange
  readonly #chosen: Chosen
  readonly #passage: Passage
  readonly #nowMs: () => number
  readonly #sentAt = performance.now()
  readonly #isHedge: boolean
  #told = false

  constructor(
    { upstream, nowMs }: ProxyDependencies,
    passage: Passage,
    plan: Plan,
    chosen: Chosen,
    outgoing: Outgoing,
    isHedge: boolean,
  ) {
    const { instance } = chosen
    this.instance = instance
    this.#chosen = chosen
    this.#passage = passage
    this.#nowMs = nowMs
    this.#isHedge = isHedge
    try {
      this.exchange = upstream.send({
        ...{ instance, method: outgoing.method, target: outgoing.target, body: outgoing.body },
        rawHeaders: addressedTo(outgoing.rawHeaders, instance),
        headMs: Math.max(Math.min(plan.patience.ms, plan.until - this.#sentAt), 1),
        idleMs: IDLE_MS,
        repeatable: plan.idempotent && plan.replayable,
        onInformational: (status, rawHeaders) => {
          if (!passage.answered) passage.sink.informational(status, rawHeaders)
        },
      })
    } catch (error) {
      // Else it would be under way to the instance for ever.
      this.#tell('abandoned', 'not-sent')
      throw error
    }
    passage.exchanges.push(this.exchange)
  }

  /** Tells the balancer, the breaker and the record how it ended; the first time counts. */
  tell(outcome: UpstreamOutcome): Answered {
    const answered: Answered =
      outcome.type === 'answer' ? { status: outcome.answer.status } : { fault: outcome.fault.kind }
    const shown = 'status' in answered ? String(answered.status) : answered.fault
    this.#tell(verdictOf(answered), shown)
    return answered
  }

  /** Another attempt was quicker, or nobody waits any more. */
  abandon(detail: string): void {
    this.#tell('abandoned', 'abandoned')
    this.exchange.cancel({ kind: 'caller-left', detail })
  }

  #tell(verdict: ReturnType<typeof verdictOf>, outcome: string): void {
    if (this.#told) return
    this.#told = true
    const ms = performance.now() - this.#sentAt
    this.#chosen.ended({ nowMs: this.#nowMs(), latencyMs: ms, verdict })
    this.#passage.route.attempts.push({
      instance: this.instance.id,
      why: this.#chosen.why,
      outcome,
      ms: Math.round(ms * 1_000) / 1_000,
      ...(this.#isHedge ? { hedge: true } : {}),
    })
  }
}

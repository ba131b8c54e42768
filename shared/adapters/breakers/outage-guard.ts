import { circuit } from '../../domain/resilience/circuit.ts'
import { defaultBreakerRules } from '../../domain/resilience/rules.ts'
import { Failure, isOutage } from '../../errors.ts'
import { log } from '../../log.ts'

/** Outages in a row after which not every caller waits for the next. */
const OUTAGES_IN_A_ROW = 3
const RETRY_AFTER_S = 1
/** What answers no question: closing, and streams that wait out an outage by themselves. */
const PASSING = /^(close$|watch)/

type GuardOptions = Readonly<{
  /** What is asked, for messages and log lines. */
  name: string
  /** ms since the epoch */
  nowMs?: () => number
}>

/** Wraps what asks one place: several ports on one database share what they found out. */
export type OutageGuard = <Port extends object>(port: Port) => Port

/**
 * Spares callers the time-out while a place is away: then one call at a time asks it, and the others
 * fail at once. The first answer ends that, so nobody waits for a pause to be over.
 *
 * A wrapped port is to be asked from outside alone: a call within a trial would be refused.
 */
export function outageGuard({ name, nowMs = Date.now }: GuardOptions): OutageGuard {
  let isAway = false
  const guarding = circuit({
    rules: { ...defaultBreakerRules, failures: OUTAGES_IN_A_ROW, openMs: 0 },
    random: () => 0,
    longestOpenMs: 0,
    onChange({ state, reason }) {
      if (state === 'open' && !isAway) log('warn', 'outage-guard-open', { name, reason })
      if (state === 'closed') log('info', 'outage-guard-closed', { name })
      isAway = state !== 'closed'
    },
  })

  async function ask(call: () => unknown): Promise<unknown> {
    const begun = nowMs()
    const permit = guarding.enter(begun)
    if (permit === undefined) throw away(name)
    const leave = (wasAway: boolean) =>
      guarding.leave(permit, wasAway ? 'fault' : 'ok', nowMs() - begun, nowMs())
    try {
      const answer = await call()
      leave(false)
      return answer
    } catch (error) {
      leave(error instanceof Failure && isOutage(error.kind))
      throw error
    }
  }

  return (port) =>
    new Proxy(port, {
      get(target, key) {
        const value: unknown = Reflect.get(target, key)
        if (typeof value !== 'function' || PASSING.test(String(key))) return value
        return (...args: unknown[]) => ask(() => Reflect.apply(value, target, args))
      },
    })
}

const away = (name: string) =>
  new Failure('Unavailable', `${name} was away a moment ago, and is being tried.`, {
    retryAfterS: RETRY_AFTER_S,
  })

import {
  CircuitState,
  ConsecutiveBreaker,
  circuitBreaker,
  handleWhen,
  isBrokenCircuitError,
} from 'cockatiel'
import { RECORD_LIMIT_BYTES, recordWeight } from '#shared/domain/record-size.ts'
import { heldKeys } from '#shared/domain/spill/held-keys.ts'
import { groupOf } from '#shared/domain/spill/message.ts'
import { throttle } from '#shared/domain/throttle.ts'
import { Failure } from '#shared/errors.ts'
import { errorFields, log as writeLine } from '#shared/log.ts'
import type { EventLog, NewRecord } from '#shared/ports/event-log.ts'
import type { Spill } from '#shared/ports/spill.ts'
import { isOutage, refusal, refusalOfBoth } from './outage.ts'

/** Of the time there is, the log gets the greater part and the spill what is left, at least this, ms. */
const LOG_MS = 2_500
const SPILL_MS = 1_500

/** Twice in a row, and hooks no longer wait for the log; one of them tries it after each pause, ms. */
const FAILURES_TO_BREAK = 2
const PAUSE_MS = 2_000

/** What a drain needs after the outage of a failover; a key takes about 100 bytes. */
const HOLD = { settleMs: 10_000, longestMs: 60_000, maxKeys: 10_000 }

type Dependencies = Readonly<{
  log: Pick<EventLog, 'append'>
  /** Undefined where there is none. */
  spill: Pick<Spill, 'put'> | undefined
  /** Monotonic clock, ms. */
  nowMs: () => number
}>

/** Stores records durably, within the time that is left, ms. */
type Store = (records: readonly NewRecord[], timeLeftMs: number) => Promise<void>

/**
 * Stores records on the log or, while that does not acknowledge, in the spill, from which they are moved
 * to the log later. What the log did not acknowledge in time may be stored there as well: whoever reads
 * the log counts an identity once (docs/adr/0004-exactly-once-effects.md, 0013-spill.md).
 *
 * @throws `TooLarge`, and `Unavailable` when neither holds them
 */
export function storeRecords({ log, spill, nowMs }: Dependencies): Store {
  const breaker = circuitBreaker(handleWhen(isOutage), {
    breaker: new ConsecutiveBreaker(FAILURES_TO_BREAK),
    halfOpenAfter: PAUSE_MS,
  })
  const held = heldKeys(HOLD)
  const mayLog = throttle()

  /** Whether the log took them; else why it did not, undefined where it was not asked. */
  async function tryLog(records: readonly NewRecord[], timeoutMs: number) {
    // While one hook finds out whether the log is back, others must not wait for what it finds.
    if (breaker.state === CircuitState.HalfOpen) return { taken: false, outage: undefined }
    try {
      await breaker.execute(() => log.append(records, { timeoutMs }))
      held.took(nowMs())
      return { taken: true, outage: undefined }
    } catch (outage) {
      if (isBrokenCircuitError(outage)) return { taken: false, outage: undefined }
      if (!isOutage(outage)) throw refusal(outage)
      held.failed(nowMs())
      return { taken: false, outage }
    }
  }

  async function appendOrSpill(records: readonly NewRecord[], deadline: number): Promise<void> {
    const leftMs = deadline - nowMs()
    const logMs = spill ? Math.min(LOG_MS, leftMs - SPILL_MS) : leftMs
    const { taken, outage } = await tryLog(records, logMs)
    if (!taken) await keep(records, deadline, outage)
  }

  async function keep(records: readonly NewRecord[], deadline: number, outage: unknown) {
    try {
      if (!spill) throw new Error('there is none')
      await spill.put(records, { timeoutMs: Math.min(SPILL_MS, deadline - nowMs()) })
    } catch (error) {
      throw refusalOfBoth(outage, error)
    }
    const at = nowMs()
    for (const record of records) {
      const group = groupOf(record)
      if (group !== undefined) held.hold(group, at)
    }
    const heldBack = mayLog(at)
    if (heldBack === undefined) return
    const why = outage === undefined ? {} : errorFields(outage)
    writeLine('warn', 'hooks-spilled', { records: records.length, heldBack, ...why })
  }

  return async (records, timeLeftMs) => {
    const now = nowMs()
    const deadline = now + timeLeftMs
    const isQuiet = breaker.state === CircuitState.Closed && !held.any(now)
    if (isQuiet) return appendOrSpill(records, deadline)
    // The spill would take what the log then refuses for ever.
    records.forEach(requireLoggable)
    const isHeld = (record: NewRecord) => held.isHeld(groupOf(record) ?? '', now)
    const { behind = [], free = [] } = Object.groupBy(records, (record) =>
      isHeld(record) ? 'behind' : 'free',
    )
    const parts = await Promise.allSettled([
      ...(free.length > 0 ? [appendOrSpill(free, deadline)] : []),
      ...(behind.length > 0 ? [keep(behind, deadline, undefined)] : []),
    ])
    for (const part of parts) if (part.status === 'rejected') throw part.reason
  }
}

/** @throws `TooLarge` */
function requireLoggable(record: NewRecord): void {
  if (recordWeight(record) <= RECORD_LIMIT_BYTES) return
  throw new Failure('TooLarge', `The log takes records of up to ${RECORD_LIMIT_BYTES} bytes.`)
}

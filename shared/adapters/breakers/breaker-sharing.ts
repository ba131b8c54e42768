import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '../../domain/backoff.ts'
import { findKeyProblem } from '../../domain/discovery/key-problems.ts'
import { forEachOf } from '../../domain/for-each.ts'
import type { SharedBreaker } from '../../domain/resilience/shared-breaker.ts'
import { breakerEvent, breakerKey, isForgotten } from '../../domain/resilience/sharing.ts'
import { throttle } from '../../domain/throttle.ts'
import { errorFields, log as writeLine } from '../../log.ts'
import type { EventLog } from '../../ports/event-log.ts'
import type { KeyValue } from '../../ports/key-value.ts'
import { writeShared } from './shared-record.ts'

/** Changes that wait for the store or the log; of more, the oldest are given up. */
const MOST_WAITING = 1_000
/** Circuits whose changes go at once: those of one keep their order. */
const AT_ONCE = 16
const CLOSE_MS = 2_000

export type SharingOptions = Readonly<{
  keyValue: KeyValue
  log: Pick<EventLog, 'append'>
  /** The function whose calls change circuits, by name. */
  source: string
  /** ms since the epoch */
  nowMs?: () => number
}>

/** Tells other environments and the log what calls of this one did to circuits. */
export type BreakerSharing = Readonly<{
  /** Takes a change and returns: what the store or the log do is nothing to the call. */
  share(change: SharedBreaker): void
  /** Resolves once nothing waits any more, or when the time is over. */
  settled(timeoutMs: number): Promise<void>
  /** Lets what waits go for a moment more. */
  close(): Promise<void>
}>

/** A change on its way: to the store, then to the log. */
type Waiting = {
  readonly change: SharedBreaker
  /** Once it was tried it may be written, whatever the store said. */
  store: 'due' | 'tried' | 'written' | 'impossible'
  isTold: boolean
}

/**
 * Brings changes to the store, where `ServiceCatalog.breakers` comes from, and one event of each to
 * the log. Of environments that find out the same the first one tells. While the store is away the log
 * is told all the same, and the last state of each circuit follows when it is back.
 */
export function breakerSharing({
  keyValue,
  log,
  source,
  nowMs = Date.now,
}: SharingOptions): BreakerSharing {
  const waiting = new Set<Waiting>()
  const mayLog = throttle()
  const closing = new AbortController()
  let pumping: Promise<void> | undefined

  /** @throws what the store or the log throw while it has not arrived at both */
  async function deliver(one: Waiting): Promise<void> {
    const { change } = one
    let outage: unknown
    if (one.store === 'due' || one.store === 'tried') {
      try {
        if ((await writeShared(keyValue, change, one.store === 'tried')) !== 'written') return
        one.store = 'written'
      } catch (error) {
        one.store = 'tried'
        outage = error
      }
    }
    if (!one.isTold) {
      await log.append([breakerEvent(change, { source, isShared: one.store === 'written' })])
      one.isTold = true
    }
    if (outage !== undefined) throw outage
  }

  /** Brings the changes of one circuit on their way, oldest first; answers whether all arrived. */
  async function deliverAll(changes: readonly Waiting[]): Promise<boolean> {
    for (const one of changes) {
      const isOvertaken = one.isTold && one !== changes.at(-1)
      if (isOvertaken || isForgotten(one.change, nowMs())) {
        waiting.delete(one)
        continue
      }
      try {
        await deliver(one)
        waiting.delete(one)
      } catch (error) {
        tell('breakers-not-shared', error)
        return false
      }
    }
    return true
  }

  function tell(code: string, error: unknown) {
    const heldBack = mayLog(nowMs())
    if (heldBack === undefined) return
    writeLine('warn', code, { ...errorFields(error), waiting: waiting.size, heldBack })
  }

  function startPump() {
    pumping ??= pump().finally(() => {
      pumping = undefined
      if (waiting.size > 0 && !closing.signal.aborted) startPump()
    })
  }

  async function pump(): Promise<void> {
    for (let failures = 0; waiting.size > 0 && !closing.signal.aborted; ) {
      const circuits = Map.groupBy(waiting, ({ change }) => breakerKey(change))
      let isAway = false
      await forEachOf([...circuits.values()], AT_ONCE, async (changes) => {
        if (!(await deliverAll(changes))) isAway = true
      })
      failures = isAway ? failures + 1 : 0
      if (!isAway) continue
      const waitMs = backoffMs(failures, Math.random())
      await pause(waitMs, undefined, { signal: closing.signal, ref: false }).catch(() => undefined)
    }
  }

  async function settled(timeoutMs: number): Promise<void> {
    if (!pumping) return
    const stop = new AbortController()
    const late = pause(timeoutMs, undefined, { signal: stop.signal }).catch(() => undefined)
    await Promise.race([pumping, late])
    stop.abort()
  }

  return {
    share(change) {
      // Who registers with a Consul directly may choose ids that are no keys.
      const store = findKeyProblem(breakerKey(change)) ? 'impossible' : 'due'
      waiting.add({ change, store, isTold: false })
      const [oldest] = waiting
      if (waiting.size > MOST_WAITING && oldest) {
        waiting.delete(oldest)
        tell('breakers-given-up', new Error('more changes wait than are kept'))
      }
      startPump()
    },
    settled,
    async close() {
      await settled(CLOSE_MS)
      closing.abort()
      await pumping
    },
  }
}

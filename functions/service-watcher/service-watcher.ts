import { setTimeout as pause } from 'node:timers/promises'
import { Failure } from '#shared/errors.ts'
import { errorFields, log } from '#shared/log.ts'
import type { CatalogPublisher } from '#shared/ports/catalog.ts'
import type { Directory } from '#shared/ports/directory.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import type { HealthChecks } from '#shared/ports/health-checks.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import type { HeldLock, Locks } from '#shared/ports/locks.ts'
import { announcer } from './announcer.ts'
import { type AskCheck, checkHealth } from './check-health.ts'
import { watchServices } from './watch.ts'

export type WatcherParts = Readonly<{
  locks: Pick<Locks, 'acquire'>
  directory: Directory
  keyValue: KeyValue
  publisher: CatalogPublisher
  eventLog: Pick<EventLog, 'append'>
  /** Where the directory has nobody else to ask instances how they are. */
  checks: HealthChecks | undefined
  ask: AskCheck
  redact: (text: string) => string
  /** Deletes records of circuits that nobody needs any more. */
  sweep?: () => Promise<unknown>
  newId: () => string
  random: () => number
  now: () => Date
}>

const LOCK = 'service-watcher'
/** The shortest that there is. What it guards refuses who lost it, so nobody has to wait for them to notice. */
const TERMS = { ttlMs: 10_000, lockDelayMs: 0 }

/** Whoever met a later one waits so long before it wants the lock again, ms. */
const OVERTAKEN_MS = 1_000

/**
 * One run: waits until no other watches, then does until the signal aborts, and hands over to the next. One
 * that loses its lock, as in an outage, waits for it again.
 *
 * @throws what is no outage
 */
export const serviceWatcher =
  (parts: WatcherParts) =>
  async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      const lock = await parts.locks.acquire(LOCK, TERMS, signal)
      if (!lock) return
      try {
        await watchWith(lock, parts, signal)
        if (lock.lost.aborted) log('warn', 'watcher.lock-lost', errorFields(lock.lost.reason))
      } catch (error) {
        if (!(error instanceof Failure) || error.kind !== 'Conflict') throw error
        log('warn', 'watcher.overtaken', errorFields(error))
        await pause(OVERTAKEN_MS, undefined, { signal }).catch(() => undefined)
      } finally {
        await lock.release().catch((error) => log('warn', 'watcher.lock-left', errorFields(error)))
      }
    }
  }

async function watchWith(lock: HeldLock, parts: WatcherParts, signal: AbortSignal): Promise<void> {
  const { token } = lock
  parts.sweep?.().catch((error) => log('warn', 'watcher.not-swept', errorFields(error)))
  const failing = new AbortController()
  const stop = AbortSignal.any([signal, lock.lost, failing.signal])
  const { checks } = parts
  const work = [
    watchServices({ ...parts, token, announcer: announcer({ ...parts, token }) }, stop),
    ...(checks ? [checkHealth({ ...parts, checks }, stop)] : []),
  ]
  // What fails ends the rest; the first failure is told once all have ended.
  for (const one of work) one.catch((error) => failing.abort(error))
  await Promise.allSettled(work)
  failing.signal.throwIfAborted()
}

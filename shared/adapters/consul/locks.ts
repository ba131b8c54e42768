import { setTimeout as pause } from 'node:timers/promises'
import { findKeyProblem } from '../../domain/discovery/key-problems.ts'
import { findTermsProblem, type LockTerms } from '../../domain/discovery/lock-terms.ts'
import { Failure } from '../../errors.ts'
import type { HeldLock, Locks } from '../../ports/locks.ts'
import { blockingQuery } from './blocking-query.ts'
import { consulConnection, sharingTime } from './connection.ts'
import { holdLock } from './held-lock.ts'
import { createSession, endSession, readHolder, takeLock } from './lock-session.ts'
import type { ConsulSettings } from './settings.ts'

/** No key of the key-value port has a segment that begins with a dot. */
const ROOT = 'omninode-bridge/.locks/'
/** How often at most a lock is tried for: nobody may hold it and its delay still run. */
const DELAY_POLL_MS = 250

/** Locks by Consul's sessions, one for each lock: bound to its TTL alone, to no node's health. */
export function consulLocks(settings: ConsulSettings, root = ROOT): Locks {
  const connection = consulConnection(settings)

  async function tryAcquire(name: string, terms: LockTerms): Promise<HeldLock | undefined> {
    accept(findKeyProblem(name) ?? findTermsProblem(terms))
    const startedAt = performance.now()
    const together = sharingTime(connection)
    const session = await createSession(together, name, terms)
    const lock = { name, key: root + name, session, terms }
    let token: number | undefined
    try {
      token = await takeLock(together, lock)
    } finally {
      // After a failure it may hold the lock all the same.
      if (token === undefined) await endSession(connection, session)
    }
    return token === undefined ? undefined : holdLock(connection, lock, token, startedAt)
  }

  /** Waits until nobody holds the lock; false once the signal aborts. */
  async function isFree(name: string, signal: AbortSignal): Promise<boolean> {
    const read = readHolder(root + name)
    const seen = blockingQuery(connection, read, (item) => item?.Session, signal)
    for await (const one of seen) {
      if (one.state === 'current' && one.value === undefined) return true
    }
    return false
  }

  return {
    tryAcquire,

    async acquire(name, terms, signal) {
      accept(findKeyProblem(name) ?? findTermsProblem(terms))
      const stop = AbortSignal.any([signal, connection.closed])
      while (!stop.aborted) {
        const notBefore = performance.now() + DELAY_POLL_MS
        const lock = await tryAcquire(name, terms).catch(waitForConsul)
        if (lock && !stop.aborted) return lock
        await lock?.release()
        if (!(await isFree(name, stop))) return undefined
        const waitMs = Math.max(0, notBefore - performance.now())
        await pause(waitMs, undefined, { signal: stop }).catch(() => undefined)
      }
      return undefined
    },

    async close() {
      connection.close()
    },
  }
}

/** Whoever waits for a lock waits for Consul too. */
function waitForConsul(error: unknown): undefined {
  if (!(error instanceof Failure && error.kind === 'Unavailable')) throw error
}

function accept(problem: string | undefined): void {
  if (problem) throw new Failure('InvalidInput', problem)
}

import { randomUUID } from 'node:crypto'
import { findKeyProblem } from '../../domain/discovery/key-problems.ts'
import { findTermsProblem, type LockTerms } from '../../domain/discovery/lock-terms.ts'
import { Failure } from '../../errors.ts'
import type { HeldLock, Locks } from '../../ports/locks.ts'
import { connect } from './connect.ts'
import { holdLock } from './held-lock.ts'
import { type LockRow, takeLock } from './lock-rows.ts'
import { registryFeed } from './registry-feed.ts'
import { registryOptions } from './registry-sql.ts'

/** How often a lock that others hold is tried for, ms: nobody tells when a TTL is over. */
const RETRY_MS = 1_000
const CLOSE_TIMEOUT_S = 2

/** Locks as rows in `registry.lock`: no connection has to live for one to be held. */
export function postgresLocks(url: string): Locks {
  const sql = connect(url, registryOptions('locks'))
  const feed = registryFeed(sql, 'lock')
  const closing = new AbortController()

  async function tryAcquire(name: string, terms: LockTerms): Promise<HeldLock | undefined> {
    accept(findKeyProblem(name) ?? findTermsProblem(terms))
    const startedAt = performance.now()
    const lock: LockRow = { name, holder: randomUUID(), terms }
    const token = await takeLock(sql, lock)
    const place = { sql, feed, closed: closing.signal }
    return token === undefined ? undefined : holdLock(place, lock, token, startedAt)
  }

  return {
    tryAcquire,

    async acquire(name, terms, signal) {
      accept(findKeyProblem(name) ?? findTermsProblem(terms))
      const stop = AbortSignal.any([signal, closing.signal])
      while (!stop.aborted) {
        // Before the try, or a release in between would go by unheard.
        const woken = new AbortController()
        const freed = feed.changed(
          (changed) => changed === name,
          RETRY_MS,
          AbortSignal.any([stop, woken.signal]),
        )
        const lock = await tryAcquire(name, terms).catch(waitForDatabase)
        if (lock) woken.abort()
        if (lock && !stop.aborted) return lock
        await lock?.release()
        await freed
      }
      return undefined
    },

    async close() {
      closing.abort()
      await feed.close()
      await sql.end({ timeout: CLOSE_TIMEOUT_S })
    },
  }
}

/** Whoever waits for a lock waits for the database too. */
function waitForDatabase(error: unknown): undefined {
  if (!(error instanceof Failure && error.kind === 'Unavailable')) throw error
}

function accept(problem: string | undefined): void {
  if (problem) throw new Failure('InvalidInput', problem)
}

import { renewalMs } from '../../domain/discovery/lock-terms.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log } from '../../log.ts'
import type { HeldLock } from '../../ports/locks.ts'
import type { Sql } from './connect.ts'
import { giveBack, type LockRow, renewLock } from './lock-rows.ts'
import type { RegistryFeed } from './registry-feed.ts'

const AFTER_FAILURE_MS = 500
/** A lock that is taken away without word of it is noticed with the next renewal. */
const LISTEN_MS = 3_600_000

/** Keeps a lock that was just taken: renews its row and listens for others who free it. */
export function holdLock(
  { sql, feed, closed }: Readonly<{ sql: Sql; feed: RegistryFeed; closed: AbortSignal }>,
  lock: LockRow,
  token: number,
  takenAt: number,
): HeldLock {
  const { name, terms } = lock
  const losing = new AbortController()
  const ending = new AbortController()
  let renewal: NodeJS.Timeout
  let deadline: NodeJS.Timeout

  function end(): void {
    ending.abort()
    clearTimeout(renewal)
    clearTimeout(deadline)
  }

  function lose(why: string): Failure {
    const failure = new Failure('Conflict', `The lock '${name}' is lost: ${why}.`)
    if (ending.signal.aborted) return failure
    end()
    log('warn', 'lock.lost', { lock: name, why })
    losing.abort(failure)
    return failure
  }

  /** The row may say longer; counted from before the statement, it never says less. */
  function heldFrom(start: number): void {
    clearTimeout(deadline)
    const leftMs = start + terms.ttlMs - performance.now()
    deadline = setTimeout(() => lose(`not renewed for ${terms.ttlMs} ms`), leftMs)
  }

  async function renew(): Promise<void> {
    losing.signal.throwIfAborted()
    const start = performance.now()
    if (!(await renewLock(sql, lock, token))) throw lose('it was taken away')
    if (!ending.signal.aborted) heldFrom(start)
  }

  function renewIn(ms: number): void {
    renewal = setTimeout(async () => {
      let next = renewalMs(terms)
      try {
        await renew()
      } catch (error) {
        next = AFTER_FAILURE_MS
        if (!ending.signal.aborted) log('warn', 'lock.not-renewed', errorFields(error))
      }
      if (!ending.signal.aborted) renewIn(next)
    }, ms)
  }

  async function listen(): Promise<void> {
    while (!ending.signal.aborted) {
      await feed.changed((changed) => changed === name, LISTEN_MS, ending.signal)
      // Whether it is lost, the renewal finds out; that it can't be asked, the deadline is for.
      if (!ending.signal.aborted) await renew().catch(() => undefined)
    }
  }

  closed.addEventListener('abort', () => lose('the connection is closed'), {
    signal: ending.signal,
  })
  heldFrom(takenAt)
  renewIn(renewalMs(terms))
  listen().catch((error: unknown) => log('error', 'lock.not-watched', errorFields(error)))

  return {
    name,
    token,
    lost: losing.signal,
    renew,
    async release() {
      if (ending.signal.aborted) return
      end()
      await giveBack(sql, lock)
    },
  }
}

import { renewalMs } from '../../domain/discovery/lock-terms.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log } from '../../log.ts'
import type { HeldLock } from '../../ports/locks.ts'
import { blockingQuery } from './blocking-query.ts'
import { type ConsulConnection, sharingTime } from './connection.ts'
import { unavailable } from './failure.ts'
import {
  endSession,
  giveBack,
  type LockSession,
  readHolder,
  readHolderNow,
  renewSession,
} from './lock-session.ts'

const AFTER_FAILURE_MS = 500

/** Keeps a lock that was just taken: renews its session and watches its key until it ends. */
export function holdLock(
  connection: ConsulConnection,
  lock: LockSession,
  token: number,
  takenAt: number,
): HeldLock {
  const { name, key, session, terms } = lock
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

  /** Consul may keep the session longer; counted from before the request, it never ends sooner. */
  function heldFrom(start: number): void {
    clearTimeout(deadline)
    const leftMs = start + terms.ttlMs - performance.now()
    deadline = setTimeout(() => lose(`not renewed for ${terms.ttlMs} ms`), leftMs)
  }

  async function renew(): Promise<void> {
    losing.signal.throwIfAborted()
    const start = performance.now()
    const together = sharingTime(connection)
    // A Consul that has just started may not know a session that it has yet to read from its log, but
    // waits with a consistent read until it has: whose the key is then, is the truth.
    const isKnown = await renewSession(together, session)
    if ((await readHolderNow(together, key)) !== session) throw lose('it was taken away')
    if (!isKnown) throw unavailable('it does not know the session yet')
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

  async function watchLoss(): Promise<void> {
    const read = readHolder(key)
    const seen = blockingQuery(connection, read, (item) => item?.Session, ending.signal)
    for await (const one of seen) {
      if (one.state === 'current' && one.value !== session) lose('it was taken away')
    }
  }

  const closed = () => lose('the connection is closed')
  connection.closed.addEventListener('abort', closed, { signal: ending.signal })
  heldFrom(takenAt)
  renewIn(renewalMs(terms))
  watchLoss().catch((error: unknown) => log('error', 'lock.not-watched', errorFields(error)))

  return {
    name,
    token,
    lost: losing.signal,
    renew,
    async release() {
      if (ending.signal.aborted) return
      end()
      await giveBack(connection, lock)
      await endSession(connection, session)
    },
  }
}

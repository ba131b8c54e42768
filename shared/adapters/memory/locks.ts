import { setTimeout as pause } from 'node:timers/promises'
import { findKeyProblem } from '../../domain/discovery/key-problems.ts'
import { findTermsProblem, type LockTerms, renewalMs } from '../../domain/discovery/lock-terms.ts'
import { Failure } from '../../errors.ts'
import type { HeldLock, Locks } from '../../ports/locks.ts'
import { changes } from './watching.ts'

type Grant = { token: number; lose: (why: string) => void }

/** The locks that several `memoryLocks` share. */
export type LockTable = Readonly<{
  grants: Map<string, Grant>
  /** When a lost lock may be taken again, by `performance.now()`. */
  freeFrom: Map<string, number>
  changed: ReturnType<typeof changes>
}>

const DELAY_POLL_MS = 250

export function lockTable(): LockTable {
  return { grants: new Map(), freeFrom: new Map(), changed: changes() }
}

/** Takes a lock from whoever holds it, as an operator can. */
export function takeAway({ grants }: LockTable, name: string): void {
  grants.get(name)?.lose('it was taken away')
}

/** Locks in memory, for tests: one of these is one process. */
export function memoryLocks(table: LockTable): Locks {
  const { grants, freeFrom, changed } = table
  const closing = new AbortController()

  async function tryAcquire(name: string, terms: LockTerms): Promise<HeldLock | undefined> {
    accept(findKeyProblem(name) ?? findTermsProblem(terms))
    if (grants.has(name) || performance.now() < (freeFrom.get(name) ?? 0)) return undefined
    return hold(name, terms)
  }

  function hold(name: string, terms: LockTerms): HeldLock {
    const losing = new AbortController()
    const failure = (why: string) => new Failure('Conflict', `The lock '${name}' is lost: ${why}.`)
    const expire = () => lose(`not renewed for ${terms.ttlMs} ms`)
    let expiry = setTimeout(expire, terms.ttlMs)
    const extend = () => {
      clearTimeout(expiry)
      expiry = setTimeout(expire, terms.ttlMs)
    }
    const renewal = setInterval(extend, renewalMs(terms))
    const token = changed.next()
    const holds = () => grants.get(name)?.token === token

    function end(): boolean {
      closing.signal.removeEventListener('abort', stopRenewing)
      clearInterval(renewal)
      clearTimeout(expiry)
      return holds() && grants.delete(name)
    }
    function lose(why: string): void {
      if (!end()) return
      freeFrom.set(name, performance.now() + terms.lockDelayMs)
      losing.abort(failure(why))
      changed.next()
    }
    function stopRenewing(): void {
      clearInterval(renewal)
      losing.abort(failure('the connection is closed'))
    }

    grants.set(name, { token, lose })
    closing.signal.addEventListener('abort', stopRenewing)
    return {
      name,
      token,
      lost: losing.signal,
      async renew() {
        losing.signal.throwIfAborted()
        extend()
      },
      async release() {
        if (end()) changed.next()
      },
    }
  }

  async function isFree(name: string, signal: AbortSignal): Promise<boolean> {
    for await (const seen of changed.watch(() => grants.get(name)?.token, signal)) {
      if (seen.state === 'current' && seen.value === undefined) return true
    }
    return false
  }

  return {
    tryAcquire,
    async acquire(name, terms, signal) {
      accept(findKeyProblem(name) ?? findTermsProblem(terms))
      const stop = AbortSignal.any([signal, closing.signal])
      while (await isFree(name, stop)) {
        const lock = await tryAcquire(name, terms)
        if (lock) return lock
        await pause(DELAY_POLL_MS, undefined, { signal: stop }).catch(() => undefined)
      }
      return undefined
    },
    async close() {
      closing.abort()
    },
  }
}

function accept(problem: string | undefined): void {
  if (problem) throw new Failure('InvalidInput', problem)
}

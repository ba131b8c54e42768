import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { backoffMs } from '../../domain/backoff.ts'
import { nextWatchIndex } from '../../domain/discovery/watch-index.ts'
import { errorFields, log } from '../../log.ts'
import type { Watched } from '../../ports/watching.ts'
import { type ConsulCall, type ConsulConnection, readNow } from './connection.ts'
import { toFailure } from './failure.ts'

/**
 * How long Consul may hold a query. It could be 10 minutes, but a frozen Consul is only noticed when
 * the answer is late.
 */
const WAIT_MS = 20_000
/** Consul adds up to a sixteenth to spread its answers; the rest is for the way. */
const TIMEOUT_MS = WAIT_MS * (17 / 16) + 2_000
/** Changes in quick succession are told together. */
const GAP_MS = 20

/**
 * Watches what a call reads, by blocking queries. The first read and the first after a failure are
 * consistent ones: a server that has just started may answer from a half replayed log.
 */
export async function* blockingQuery<T, V>(
  connection: ConsulConnection,
  call: ConsulCall<T>,
  decode: (answer: T | undefined, index: number) => V,
  stop: AbortSignal,
): AsyncGenerator<Watched<V>, void, undefined> {
  const signal = AbortSignal.any([stop, connection.closed])
  let index = 0
  let told: { value: V } | undefined
  let failures = 0
  let notBefore = 0

  while (!signal.aborted) {
    const waitMs = notBefore - performance.now()
    if (waitMs > 0 && !(await slept(waitMs, signal))) return
    notBefore = performance.now() + GAP_MS
    const asking = { repeatable: false, timeoutMs: TIMEOUT_MS, signal }
    const mode = { index: String(index), wait: `${WAIT_MS}ms` }
    const next: ConsulCall<T> = (consul, more) => call(consul, { ...more, ...mode })
    try {
      const answer = await connection.ask(index === 0 ? readNow(call) : next, asking)
      index = nextWatchIndex(index, answer.index)
      const value = decode(answer.value, answer.index)
      const isNews = failures > 0 || !told || !isDeepStrictEqual(value, told.value)
      failures = 0
      told = { value }
      if (isNews) yield { state: 'current', index: answer.index, value }
    } catch (error) {
      if (signal.aborted) return
      failures += 1
      index = 0
      notBefore = performance.now() + backoffMs(failures, Math.random())
      if (failures > 1) continue
      log('warn', 'consul.watch-interrupted', errorFields(error))
      yield { state: 'interrupted', reason: toFailure(error).message }
    }
  }
}

/** Waits; false when it was stopped meanwhile. */
async function slept(ms: number, signal: AbortSignal): Promise<boolean> {
  await pause(ms, undefined, { signal }).catch(() => undefined)
  return !signal.aborted
}

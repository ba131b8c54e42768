import { EventEmitter } from 'node:events'
import { Agent, type IncomingMessage } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import Consul from 'consul'
import { backoffMs } from '../../domain/backoff.ts'
import { Failure } from '../../errors.ts'
import { isPassing, isUnsent, toFailure } from './failure.ts'
import type { ConsulSettings } from './settings.ts'

/** Calls that share their time take no longer together, their retries included. */
const LONGEST_MS = 3_000
const CALL_TIMEOUT_MS = 1_500
const MOST_TRIES = 3
const KEEP_ALIVE_MS = 30_000

/** What every call of npm consul takes beside its own options. */
export type CallOptions = Readonly<Record<string, unknown>>

/** One call of npm consul. */
export type ConsulCall<T> = (consul: Consul, options: CallOptions) => Promise<T>

/**
 * The same read, after every write that was acknowledged. Otherwise a Consul that has just started answers
 * from a log that it has read half of: with old values, or with nothing.
 */
export const readNow =
  <T>(call: ConsulCall<T>): ConsulCall<T> =>
  (consul, more) =>
    call(consul, { ...more, consistent: true })

export type Answer<T> = Readonly<{
  /** Undefined where Consul has nothing. */
  value: T | undefined
  /** Where a blocking query goes on; 0 without one. */
  index: number
}>

export type Asking = Readonly<{
  /** Whether asking twice does no more than asking once. If not, only what was never sent is repeated. */
  repeatable: boolean
  /** When to give up, by `performance.now()`. */
  deadline?: number
  /** Of a blocking query, which is never repeated here. */
  timeoutMs?: number
  signal?: AbortSignal
}>

/** One Consul agent, through npm consul. */
export type ConsulConnection = Readonly<{
  /** @throws `Failure` and nothing else of Consul's */
  ask<T>(call: ConsulCall<T>, asking: Asking): Promise<Answer<T>>
  /** Aborts when the connection is closed. */
  closed: AbortSignal
  close(): void
}>

export function consulConnection(settings: ConsulSettings): ConsulConnection {
  const { secure, host, port, token, ca } = settings
  const keepAlive = { keepAlive: true, timeout: KEEP_ALIVE_MS }
  const agent = secure ? new TlsAgent({ ...keepAlive, ...(ca && { ca }) }) : new Agent(keepAlive)
  const defaults = token === undefined ? {} : { defaults: { token } }
  const consul = new Consul({ host, port, secure, agent, ...defaults })
  const closing = new AbortController()

  async function once<T>(call: ConsulCall<T>, timeoutMs: number, signal: AbortSignal) {
    signal.throwIfAborted()
    // npm consul's own way, untyped: it aborts on `cancel` and adds the response to the answer.
    const ctx = Object.assign(new EventEmitter(), { includeResponse: true })
    const cancel = () => ctx.emit('cancel')
    signal.addEventListener('abort', cancel)
    try {
      const answered = await call(consul, { ctx, timeout: Math.ceil(timeoutMs) })
      const [response, value] = answered as unknown as [IncomingMessage, T?]
      refuseFiltered(response)
      return { value, index: Number(response.headers['x-consul-index'] ?? 0) }
    } finally {
      signal.removeEventListener('abort', cancel)
    }
  }

  return {
    async ask(call, asking) {
      const { repeatable, timeoutMs, signal = closing.signal } = asking
      const { deadline = performance.now() + LONGEST_MS } = asking
      if (timeoutMs !== undefined) return once(call, timeoutMs, signal).catch(rethrow)
      for (let tries = 1; ; tries++) {
        const leftMs = Math.max(1, deadline - performance.now())
        try {
          return await once(call, Math.min(CALL_TIMEOUT_MS, leftMs), signal)
        } catch (error) {
          const waitMs = backoffMs(tries, Math.random(), { leastMs: 50 })
          const mayRepeat = isUnsent(error) || (repeatable && isPassing(error))
          const isLast = tries >= MOST_TRIES || performance.now() + waitMs >= deadline
          if (signal.aborted || isLast || !mayRepeat) throw toFailure(error)
          await pause(waitMs, undefined, { signal }).catch(() => undefined)
        }
      }
    },
    closed: closing.signal,
    close() {
      closing.abort(new Failure('Unavailable', 'Consul: the connection is closed'))
      agent.destroy()
    },
  }
}

/** The same connection for calls that have to be done together in the time of one. */
export function sharingTime(connection: ConsulConnection): ConsulConnection {
  const deadline = performance.now() + LONGEST_MS
  return { ...connection, ask: (call, asking) => connection.ask(call, { deadline, ...asking }) }
}

function rethrow(error: unknown): never {
  throw toFailure(error)
}

/** Without the right to read, Consul (from 1.11) answers with less and says so in a header alone. */
function refuseFiltered({ headers }: IncomingMessage): void {
  if (headers['x-consul-results-filtered-by-acls'] !== 'true') return
  throw new Failure('Forbidden', 'Consul: the token may not read all of it: CONSUL_HTTP_TOKEN')
}

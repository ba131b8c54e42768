import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '../../domain/backoff.ts'
import { nextWatchIndex } from '../../domain/discovery/watch-index.ts'
import { errorFields, log } from '../../log.ts'
import { agentGet } from './agent-get.ts'
import type { ConsulSettings } from './settings.ts'

const WAIT_S = 60
/** Consul adds up to a sixteenth; a first certificate may take a while to be signed. */
const TIMEOUT_MS = WAIT_S * 1_000 * (17 / 16) + 10_000

/** Keeps the newest of what a blocking query reads, until it is told to stop. */
export type Kept<T> = Readonly<{
  newest(): T | undefined
  /** Resolves when there is something, or the time is over. */
  had(timeoutMs: number): Promise<void>
}>

/** Follows a path of the agent's; an outage keeps what was there. */
export function keepNewest<T>(
  settings: ConsulSettings,
  path: string,
  read: (value: unknown) => T,
  signal: AbortSignal,
): Kept<T> {
  let newest: T | undefined
  let announce: () => void = () => undefined
  const first = new Promise<void>((done) => {
    announce = done
  })

  async function follow(): Promise<void> {
    let index = 0
    let failures = 0
    while (!signal.aborted) {
      const joint = path.includes('?') ? '&' : '?'
      const blocking = index === 0 ? path : `${path}${joint}index=${index}&wait=${WAIT_S}s`
      try {
        const answer = await agentGet(settings, blocking, TIMEOUT_MS, signal)
        index = nextWatchIndex(index, answer.index)
        newest = read(answer.value)
        failures = 0
        announce()
      } catch (error) {
        if (signal.aborted) return
        failures += 1
        index = 0
        if (failures === 1) log('warn', 'consul.mesh-interrupted', { path, ...errorFields(error) })
        const waitMs = backoffMs(failures, Math.random())
        await pause(waitMs, undefined, { signal, ref: false }).catch(() => undefined)
      }
    }
  }

  void follow()
  return {
    newest: () => newest,
    async had(timeoutMs) {
      if (newest !== undefined) return
      const waiting = new AbortController()
      const late = pause(timeoutMs, undefined, { signal: waiting.signal }).catch(() => undefined)
      await Promise.race([first, late])
      waiting.abort()
    },
  }
}

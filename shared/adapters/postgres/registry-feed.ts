import { once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import { backoffMs } from '../../domain/backoff.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log } from '../../log.ts'
import type { Watching } from '../../ports/watching.ts'
import { ask, type Sql } from './connect.ts'
import { type Listening, listenOn } from './listening.ts'
import { ANSWER_MS, channelOf, type RegistrySubject } from './registry-sql.ts'

/** Who watches: woken when something that concerns him may have changed, or the database is away or back. */
type Watcher = { concerns: (name: string) => boolean; isDue: boolean; wake: () => void }

/** A value with the revision that it is of. */
export type Revised<T> = Readonly<{ index: number; value: T }>

/** Tells of changes of one kind, over one connection for all who watch. */
export type RegistryFeed = Readonly<{
  /** Tells what `read` finds: now, and when it has become another after names that concern it changed. */
  watch<T>(
    read: () => PromiseLike<Revised<T>>,
    concerns: (name: string) => boolean,
    signal: AbortSignal,
  ): Watching<T>
  /** Waits until a name may have changed, at most so long. */
  changed(
    concerns: (name: string) => boolean,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void>
  /** Ends watches. */
  close(): Promise<void>
}>

/** How often the database is asked whether it is there, and whether something went by unheard. */
const LOOK_MS = 5_000
/** Changes in quick succession are told together. */
const GAP_MS = 20

/** Listens from the first who watches to the last. */
export function registryFeed(sql: Sql, subject: RegistrySubject): RegistryFeed {
  const watchers = new Set<Watcher>()
  const closing = new AbortController()
  /** Why nothing can be said at the moment. */
  let outage: string | undefined
  let attending: Promise<void> | undefined

  function wakeAll(): void {
    for (const watcher of watchers) watcher.wake()
  }

  function heard(name: string): void {
    for (const watcher of watchers) if (watcher.concerns(name)) watcher.wake()
  }

  async function attend(): Promise<void> {
    let failures = 0
    while (watchers.size > 0 && !closing.signal.aborted) {
      const listening = listenOn(sql, channelOf(subject), heard)
      try {
        await look(listening, () => {
          failures = 0
        })
      } catch (error) {
        failures += 1
        outage = (error as Error).message
        if (failures === 1 && !closing.signal.aborted) {
          log('warn', 'registry.watch-interrupted', { subject, ...errorFields(error) })
        }
        wakeAll()
        await slept(backoffMs(failures, Math.random()), closing.signal)
      } finally {
        await listening.end()
      }
    }
  }

  /** Stays until nobody watches any more. @throws once the database is away */
  async function look(listening: Listening, isThere: () => void): Promise<void> {
    await listening.ready(ANSWER_MS)
    let seen: number | undefined
    while (watchers.size > 0 && !closing.signal.aborted) {
      const [row] = await ask(
        listening.sql<{ latest: number }[]>`
          select latest from registry.revision where subject = ${subject}`,
        ANSWER_MS,
      )
      // Also at first: what was read before it listened may be old.
      if (row?.latest !== seen || outage !== undefined) {
        outage = undefined
        isThere()
        wakeAll()
      }
      seen = row?.latest
      await slept(LOOK_MS, AbortSignal.any([closing.signal, listening.lost]))
    }
  }

  function join(concerns: Watcher['concerns'], wake: () => void): Watcher {
    const watcher: Watcher = {
      concerns,
      isDue: false,
      wake() {
        watcher.isDue = true
        wake()
      },
    }
    watchers.add(watcher)
    attendOnce()
    return watcher
  }

  function attendOnce(): void {
    attending ??= attend().finally(() => {
      attending = undefined
      // One that came while the last one left.
      if (watchers.size > 0 && !closing.signal.aborted) attendOnce()
    })
  }

  return {
    async *watch(read, concerns, stop) {
      const signal = AbortSignal.any([stop, closing.signal])
      if (signal.aborted) return
      const wakes = new EventTarget()
      const watcher = join(concerns, () => wakes.dispatchEvent(new Event('wake')))
      let told: { value: unknown } | undefined
      let isInterrupted = false
      let failures = 0
      try {
        while (!signal.aborted) {
          watcher.isDue = false
          try {
            if (outage !== undefined) throw new Failure('Unavailable', outage)
            const { index, value } = await unlessAborted(ask(read(), ANSWER_MS), signal)
            failures = 0
            if (isInterrupted || !told || !isDeepStrictEqual(value, told.value)) {
              told = { value }
              isInterrupted = false
              yield { state: 'current', index, value }
            }
          } catch (error) {
            if (signal.aborted) return
            failures += 1
            // While the database is away, it is asked by the one connection that listens alone.
            if (outage === undefined) {
              watcher.isDue = true
              await slept(backoffMs(failures, Math.random()), signal)
            }
            if (!isInterrupted) {
              isInterrupted = true
              yield { state: 'interrupted', reason: (error as Error).message }
            }
          }
          await slept(GAP_MS, signal)
          if (!watcher.isDue && !signal.aborted) {
            await once(wakes, 'wake', { signal }).catch(() => undefined)
          }
        }
      } finally {
        watchers.delete(watcher)
      }
    },

    async changed(concerns, timeoutMs, stop) {
      const signal = AbortSignal.any([stop, closing.signal])
      const woken = new AbortController()
      const watcher = join(concerns, () => woken.abort())
      await slept(timeoutMs, AbortSignal.any([signal, woken.signal]))
      watchers.delete(watcher)
    },

    async close() {
      closing.abort()
      await attending
    },
  }
}

async function slept(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined)
}

/** Leaves an answer that nobody waits for any more to itself. */
async function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  const done = new AbortController()
  try {
    return await Promise.race([
      answer,
      once(signal, 'abort', { signal: done.signal }).then(
        (): never => signal.throwIfAborted() as never,
      ),
    ])
  } finally {
    done.abort()
    answer.catch(() => undefined)
  }
}

import { once, setMaxListeners } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import type { Watching } from '../../ports/watching.ts'

/** Something that changes: each change has a number and wakes those who watch. */
export type Changes = Readonly<{
  /** Counts a change and answers its number. */
  next(): number
  watch<T>(read: () => T, signal: AbortSignal): Watching<T>
  /** Ends all watches. */
  close(): void
}>

export function changes(): Changes {
  const listeners = new EventTarget()
  // One for each who watches.
  setMaxListeners(0, listeners)
  const closing = new AbortController()
  let index = 1

  return {
    next() {
      index += 1
      listeners.dispatchEvent(new Event('change'))
      return index
    },

    async *watch(read, signal) {
      const stop = AbortSignal.any([signal, closing.signal])
      let told: { value: unknown } | undefined
      while (!stop.aborted) {
        const value = read()
        const seen = index
        if (!told || !isDeepStrictEqual(value, told.value)) {
          told = { value }
          yield { state: 'current', index: seen, value }
        }
        if (index !== seen || stop.aborted) continue
        await once(listeners, 'change', { signal: stop }).catch(() => undefined)
      }
    },

    close: () => closing.abort(),
  }
}

import { onTestFinished } from 'vitest'
import type { Watched, Watching } from '#shared/ports/watching.ts'

/** Reads a watch in the background and keeps what it told, until the test ends. */
export function follow<T>(open: (signal: AbortSignal) => Watching<T>) {
  const stop = new AbortController()
  const told: Watched<T>[] = []
  const ended = (async () => {
    for await (const one of open(stop.signal)) told.push(one)
  })()
  // The test that waits for it sees it; otherwise it is seen at the end.
  ended.catch(() => undefined)
  onTestFinished(async () => {
    stop.abort()
    await ended
  })
  return {
    told,
    ended,
    stop: () => stop.abort(),
    /** The last value; undefined before the first and while interrupted. */
    current: (): T | undefined => {
      const last = told.at(-1)
      return last?.state === 'current' ? last.value : undefined
    },
  }
}

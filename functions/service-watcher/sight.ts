import type { Watching } from '#shared/ports/watching.ts'

/** How much of what is watched can be seen at the moment, and a bell that rings when anything changed. */
export type Sight = Readonly<{
  /** Whether all that is watched told its state last, and not that it can't. */
  isClear(): boolean
  ring(): void
  /** Waits for the bell, at most so long; answers at once whether it rang since the last time. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<boolean>
  /** Hands on what a watch tells, until it ends. */
  follow<T>(name: string, watching: Watching<T>, take: (value: T) => void): Promise<void>
}>

export function sight(): Sight {
  const interrupted = new Set<string>()
  let rang = false
  let wake: () => void = () => undefined

  async function sleep(timeoutMs: number, signal: AbortSignal): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>((done) => {
      wake = () => done()
      timer = setTimeout(wake, timeoutMs)
      signal.addEventListener('abort', wake)
    })
    signal.removeEventListener('abort', wake)
    clearTimeout(timer)
  }

  return {
    isClear: () => interrupted.size === 0,
    ring() {
      rang = true
      wake()
    },
    async wait(timeoutMs, signal) {
      if (!rang && !signal.aborted) await sleep(timeoutMs, signal)
      const answer = rang
      rang = false
      return answer
    },
    async follow(name, watching, take) {
      try {
        for await (const seen of watching) {
          if (seen.state === 'interrupted') interrupted.add(name)
          else {
            interrupted.delete(name)
            take(seen.value)
          }
          rang = true
          wake()
        }
      } finally {
        interrupted.delete(name)
      }
    },
  }
}

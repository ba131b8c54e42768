/** Names to be read, each once at a time. */
export type ReadingQueue = Readonly<{
  now(name: string): void
  /** When nothing is to be read now. */
  later(name: string): void
  /** The next; undefined once the queue ends. */
  take(): Promise<string | undefined>
  end(): void
}>

export function readingQueue(signal: AbortSignal): ReadingQueue {
  const urgent = new Set<string>()
  const patient = new Set<string>()
  const takers: ((name: string | undefined) => void)[] = []
  let ended = false

  function next(): string | undefined {
    const [name] = urgent.size > 0 ? urgent : patient
    if (name === undefined) return undefined
    urgent.delete(name)
    patient.delete(name)
    return name
  }

  function hand(): void {
    while (takers.length > 0) {
      const name = next()
      if (name === undefined) return
      takers.shift()?.(name)
    }
  }

  function end(): void {
    ended = true
    for (const taker of takers.splice(0)) taker(undefined)
  }

  signal.addEventListener('abort', end, { once: true })
  return {
    now(name) {
      urgent.add(name)
      hand()
    },
    later(name) {
      patient.add(name)
      hand()
    },
    async take() {
      if (ended || signal.aborted) return undefined
      return next() ?? new Promise((taken) => takers.push(taken))
    },
    end,
  }
}

/** Runs so many at once, at most; the others wait for their turn in order. */
export function limitedTo(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []

  return async (work) => {
    if (running >= most) await new Promise<void>((free) => waiting.push(free))
    else running += 1
    try {
      return await work()
    } finally {
      // A place that is handed on stays taken.
      const next = waiting.shift()
      if (next) next()
      else running -= 1
    }
  }
}

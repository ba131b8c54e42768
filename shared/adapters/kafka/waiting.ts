/** Waits for something that others bring about. */
export type Waiting = Readonly<{
  /** Until `ready`, an end, or `deadline` on `performance.now()`'s clock. */
  until(ready: () => boolean, deadline?: number): Promise<void>
  /** Makes all that wait look again. */
  wake(): void
}>

export function waiting(ended: AbortSignal): Waiting {
  const sleepers = new Set<() => void>()
  const wake = () => {
    for (const sleeper of sleepers) sleeper()
  }
  ended.addEventListener('abort', wake)

  function woken(afterMs: number): Promise<void> {
    return new Promise((proceed) => {
      const timer = afterMs === Number.POSITIVE_INFINITY ? undefined : setTimeout(sleeper, afterMs)
      function sleeper(): void {
        clearTimeout(timer)
        sleepers.delete(sleeper)
        proceed()
      }
      sleepers.add(sleeper)
    })
  }

  return {
    async until(ready, deadline = Number.POSITIVE_INFINITY) {
      while (!ended.aborted && !ready()) {
        const leftMs = deadline - performance.now()
        if (leftMs <= 0) return
        await woken(leftMs)
      }
    },
    wake,
  }
}

/** How one call of a load ended. */
export type LoadResult = Readonly<{
  nr: number
  /** ms of `performance.now()` */
  at: number
  ms: number
  /** 0 when there was no answer. */
  status: number
  headers: Headers | undefined
}>

/** Sends `perSecond` calls a second whatever their answers do, for as long as `during` takes. */
export async function loadSteadily(
  perSecond: number,
  send: (nr: number) => Promise<Response>,
  during: () => Promise<void>,
): Promise<readonly LoadResult[]> {
  const sent: Promise<LoadResult>[] = []
  const once = async (nr: number): Promise<LoadResult> => {
    const at = performance.now()
    const done = (status: number, headers?: Headers) => ({
      ...{ nr, at, status, headers },
      ms: performance.now() - at,
    })
    try {
      const answer = await send(nr)
      await answer.arrayBuffer()
      return done(answer.status, answer.headers)
    } catch {
      return done(0)
    }
  }
  const began = performance.now()
  const timer = setInterval(() => {
    const due = ((performance.now() - began) / 1_000) * perSecond
    while (sent.length < due) sent.push(once(sent.length))
  }, 5)
  try {
    await during()
  } finally {
    clearInterval(timer)
  }
  return Promise.all(sent)
}

/** How many calls ended how. */
export function statusesOf(results: readonly LoadResult[]): Readonly<Record<number, number>> {
  const by = Map.groupBy(results, ({ status }) => status)
  return Object.fromEntries([...by].map(([status, all]) => [status, all.length]))
}

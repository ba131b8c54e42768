/** What a watch tells: how things are, or that it can't say at the moment. */
export type Watched<T> =
  | Readonly<{
      state: 'current'
      /** Grows with changes; smaller than before only when the place was restored to an older state. */
      index: number
      value: T
    }>
  | Readonly<{
      /** What was told last may be out of date; `current` follows once it can be said again. */
      state: 'interrupted'
      reason: string
    }>

/**
 * Tells a value and then its changes, until its signal aborts: then it ends at once, without an
 * error. A slow reader skips what was overtaken and always gets the last. An outage is told once,
 * within half a minute, and ends by itself.
 */
export type Watching<T> = AsyncIterable<Watched<T>>

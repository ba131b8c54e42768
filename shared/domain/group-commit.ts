/** What a group commit works with. */
type GroupCommitOptions<Item, Result> = Readonly<{
  /**
   * Commits items and answers one result for each, in order. It must answer or throw within
   * `timeLeftMs`; a throw fails every append of the group.
   */
  send(items: readonly Item[], timeLeftMs: number): Promise<readonly Result[]>
  /** A group holds at most so many items, unless one append alone has more. */
  maxItems: number
  /** A group holds at most so many bytes, unless one append alone has more. */
  maxBytes: number
  /** Beyond so many bytes waiting or in flight an append is refused. */
  maxPendingBytes: number
  /** Every append is answered or failed within so many ms. */
  deadlineMs: number
  /** Groups begin at least so many ms apart: fewer and larger ones for a little waiting. */
  spacingMs?: number
  /**
   * After a group of several the next one waits up to so many ms for as many callers to come again:
   * without it half of them miss a group that begins at once, and a commit costs the same for one as
   * for all. A caller alone never waits.
   */
  gatherMs?: number
  /** Whether an error may concern one append alone: then each of the group is sent by itself. */
  concernsOne?(error: unknown): boolean
  /** The failure of an append that is refused or came too late. */
  unavailable(why: string): Error
  /** Monotonic clock, ms. */
  now(): number
}>

/** Gathers concurrent appends into groups. */
export type GroupCommit<Item, Result> = Readonly<{
  /**
   * Results of the items in order, once they are committed. `bytes` is what they weigh; `spentMs` of
   * the time that they have is over already.
   */
  add(items: readonly Item[], bytes: number, spentMs?: number): Promise<readonly Result[]>
  /** Resolves once nothing waits or is in flight. */
  idle(): Promise<void>
}>

type Entry<Item, Result> = {
  items: readonly Item[]
  bytes: number
  deadline: number
  resolve(results: readonly Result[]): void
  reject(error: unknown): void
}

/** An append that has less time left is not tried any more: it would be abandoned half way. */
const SHORTEST_TRY_MS = 200

/**
 * While one group is in flight, what arrives gathers into the next: exactly one is in flight, so
 * items keep the order in which they were added.
 */
export function groupCommit<Item, Result>(
  options: GroupCommitOptions<Item, Result>,
): GroupCommit<Item, Result> {
  const { send, deadlineMs, maxItems, maxBytes, maxPendingBytes, unavailable, now } = options
  const { spacingMs = 0, gatherMs = 0 } = options
  let queue: Entry<Item, Result>[] = []
  let pendingBytes = 0
  let sentAt = Number.NEGATIVE_INFINITY
  let crowd = 0
  let crowdIsHere: (() => void) | undefined
  let running: Promise<void> | undefined

  function add(items: readonly Item[], bytes: number, spentMs = 0): Promise<readonly Result[]> {
    if (pendingBytes > 0 && pendingBytes + bytes > maxPendingBytes) {
      return Promise.reject(unavailable(`${pendingBytes} bytes wait already`))
    }
    pendingBytes += bytes
    return new Promise((resolve, reject) => {
      queue.push({ items, bytes, deadline: now() + deadlineMs - spentMs, resolve, reject })
      if (running === undefined) running = run()
      if (queue.length >= crowd) crowdIsHere?.()
    })
  }

  async function run(): Promise<void> {
    // What else arrives in this turn of the event loop joins the first group.
    await new Promise((done) => setImmediate(done))
    while (queue.length > 0) {
      const waitMs = sentAt + spacingMs - now()
      if (waitMs > 0) await new Promise((done) => setTimeout(done, waitMs))
      sentAt = now()
      const group = take()
      await commit(group)
      crowd = group.length + queue.length
      if (gatherMs > 0 && group.length > 1) await gather()
    }
    running = undefined
  }

  async function gather(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    crowdIsHere = resolve
    const timer = setTimeout(resolve, gatherMs)
    await promise
    clearTimeout(timer)
    crowdIsHere = undefined
  }

  async function commit(group: readonly Entry<Item, Result>[]): Promise<void> {
    const [first] = group
    if (!first) return
    try {
      const items = group.length === 1 ? first.items : group.flatMap((entry) => entry.items)
      const deadline = group.reduce(
        (soonest, entry) => Math.min(soonest, entry.deadline),
        first.deadline,
      )
      const results = await send(items, deadline - now())
      let at = 0
      for (const entry of group) {
        entry.resolve(results.slice(at, at + entry.items.length))
        at += entry.items.length
      }
    } catch (error) {
      if (group.length > 1 && options.concernsOne?.(error)) {
        for (const entry of group) await commit([entry])
        return
      }
      for (const entry of group) entry.reject(error)
    }
    for (const entry of group) pendingBytes -= entry.bytes
  }

  /** The next group, after failing what has no time left. */
  function take(): readonly Entry<Item, Result>[] {
    const latest = now() + SHORTEST_TRY_MS
    let late = 0
    for (let entry = queue[0]; entry && entry.deadline < latest; entry = queue[late]) {
      pendingBytes -= entry.bytes
      entry.reject(unavailable('the log did not take it in time'))
      late++
    }
    let end = late
    let items = 0
    let bytes = 0
    for (let entry = queue[end]; entry; entry = queue[end]) {
      if (end > late && (items + entry.items.length > maxItems || bytes + entry.bytes > maxBytes)) {
        break
      }
      items += entry.items.length
      bytes += entry.bytes
      end++
    }
    const group = queue.slice(late, end)
    queue = queue.slice(end)
    return group
  }

  return {
    add,
    async idle() {
      while (running !== undefined) await running
    },
  }
}

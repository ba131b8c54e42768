/** What a process knows of the log's topics. */
export type TopicLayout<Partitions> = Readonly<{
  /** Undefined for a topic that is not known, or not known yet. */
  find(topic: string): Partitions | undefined
  /** Reads the layout again, unless that was done a moment ago. */
  refresh(): Promise<void>
  /** Whether it is time to look for new partitions. */
  isOld(): boolean
}>

/** Partitions are added rarely; a producer that learns it later still writes to the old ones. */
const MAX_AGE_MS = 30_000
/** Appends to topics that do not exist must not turn into a request each. */
const MIN_AGE_MS = 500

/** Remembers the topics that `read` answers. `now` is a monotonic clock, ms. */
export function topicLayout<Partitions>(
  read: () => Promise<ReadonlyMap<string, Partitions>>,
  now: () => number,
): TopicLayout<Partitions> {
  let topics: ReadonlyMap<string, Partitions> = new Map()
  let readAt = Number.NEGATIVE_INFINITY
  let reading: Promise<void> | undefined

  async function readAgain(): Promise<void> {
    try {
      topics = await read()
      readAt = now()
    } finally {
      reading = undefined
    }
  }

  return {
    find: (topic) => topics.get(topic),
    isOld: () => now() - readAt > MAX_AGE_MS,
    refresh() {
      if (now() - readAt < MIN_AGE_MS) return Promise.resolve()
      reading ??= readAgain()
      return reading
    },
  }
}

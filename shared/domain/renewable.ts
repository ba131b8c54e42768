/** A value that is read rarely and may be outdated at any time: a secret, the brokers of a cluster. */
export type Renewable<Value> = Readonly<{
  /** What was read last; reads it when there is nothing yet, or when that was doubted. */
  current(): Promise<Value>
  /** What was read last, without reading. */
  held(): Value | undefined
  /** Says that what was read last is no good. */
  doubt(): void
}>

type RenewableOptions = Readonly<{
  /** Between two reads there are at least so many ms, however often the value is doubted. */
  leastMs: number
  /** After a read that failed the next follows after so many ms at the earliest. */
  leastAfterFailureMs: number
  /** Monotonic clock, ms. */
  now: () => number
}>

/** Remembers what `read` answers. Callers at the same time share one read. */
export function renewable<Value>(
  read: () => Promise<Value>,
  { leastMs, leastAfterFailureMs, now }: RenewableOptions,
): Renewable<Value> {
  let known: { value: Value; readAt: number } | undefined
  let failed: { error: unknown; at: number } | undefined
  let isDoubted = false
  let reading: Promise<Value> | undefined

  async function readNow(): Promise<Value> {
    try {
      const value = await read()
      known = { value, readAt: now() }
      isDoubted = false
      failed = undefined
      return value
    } catch (error) {
      failed = { error, at: now() }
      throw error
    } finally {
      reading = undefined
    }
  }

  return {
    async current() {
      if (known && (!isDoubted || now() - known.readAt < leastMs)) return known.value
      if (failed && now() - failed.at < leastAfterFailureMs) throw failed.error
      reading ??= readNow()
      return reading
    },
    held: () => known?.value,
    doubt() {
      isDoubted = true
    },
  }
}

import { backoffMs } from '../../domain/backoff.ts'
import { errorFields, log } from '../../log.ts'
import type { BatchHandler, Subscription } from '../../ports/event-consumer.ts'
import type { LogRecord } from '../../ports/event-log.ts'

/** Reads one partition for one member: a batch at a time, until it is stopped or loses the lease. */
export type PartitionReader = Readonly<{
  partitionId: number
  /** Tells what the log holds now. */
  know(end: number, first?: number): void
  /** Takes no new batch, and resolves when the one in flight is handled and its position kept. */
  stop(): Promise<void>
  /** Another member reads the partition now: whatever is in flight is in vain. */
  lose(): void
}>

type ReaderOptions = Readonly<{
  subscription: Subscription
  partition: number
  partitionId: number
  /** The offset to begin at. */
  position: number
  end: number
  handle: BatchHandler
  fetch(from: number): Promise<readonly LogRecord[]>
  /** Keeps the position; false when the partition is another member's now. */
  keep(position: number): Promise<boolean>
  /** Called once, when `keep` said so. */
  onLost(): void
}>

/** How long a stop tries to keep a last position, which only saves repeating a batch. */
const KEEP_ON_STOP_TRIES = 3

export function partitionReader(options: ReaderOptions): PartitionReader {
  const { subscription, partition, partitionId, handle, fetch, keep, onLost } = options
  const { topic, group, maxRecords, maxWaitMs } = subscription
  const abort = new AbortController()
  let { position, end } = options
  let kept = position
  let saving: Promise<void> | undefined
  let first = 0
  let waiting: readonly LogRecord[] = []
  let stopping = false
  let failures = 0
  let wake: () => void = () => undefined

  /** Waits until `ready`, a stop, or the time is up. */
  async function until(ready: () => boolean, timeoutMs?: number): Promise<void> {
    const deadline = timeoutMs === undefined ? undefined : performance.now() + timeoutMs
    while (!stopping && !ready()) {
      const leftMs = deadline === undefined ? undefined : deadline - performance.now()
      if (leftMs !== undefined && leftMs <= 0) return
      await new Promise<void>((done) => {
        const timer = leftMs === undefined ? undefined : setTimeout(done, leftMs)
        wake = () => {
          clearTimeout(timer)
          done()
        }
      })
    }
  }

  async function nextBatch(): Promise<readonly LogRecord[]> {
    if (waiting.length === 0) {
      await until(() => end > position)
      if (maxWaitMs > 0) await until(() => end - position >= maxRecords, maxWaitMs)
      if (stopping) return []
      position = Math.max(position, first)
      waiting = await fetch(position)
      if (waiting.length === 0) end = position
    }
    const batch = waiting.slice(0, maxRecords)
    waiting = waiting.slice(maxRecords)
    return batch
  }

  /** Handles a batch; whether it got further. */
  async function process(records: readonly LogRecord[]): Promise<boolean> {
    const from = records[0]?.offset ?? position
    const beyond = (records.at(-1)?.offset ?? from) + 1
    const next = await handle({ topic, partition, records }, abort.signal)
    if (!(next >= from && next <= beyond)) {
      throw new RangeError(`the handler answered ${next} for offsets ${from} to ${beyond}`)
    }
    if (next !== beyond) waiting = []
    position = next
    if (next > from) saving ??= save()
    return next > from
  }

  /** Keeps the newest position, beside the reading of the next batch. */
  async function save(): Promise<void> {
    try {
      for (let tries = 1; kept !== position && !abort.signal.aborted; tries++) {
        if (await saved(position)) tries = 0
        else if (stopping && tries >= KEEP_ON_STOP_TRIES) return
        else await new Promise((done) => setTimeout(done, backoffMs(tries, Math.random())))
      }
    } finally {
      saving = undefined
    }
  }

  async function saved(upTo: number): Promise<boolean> {
    try {
      if (await keep(upTo)) kept = upTo
      else if (!abort.signal.aborted) onLost()
      return true
    } catch (error) {
      log('warn', 'log.position-not-kept', { group, topic, partition, ...errorFields(error) })
      return false
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      try {
        const records = await nextBatch()
        if (records.length === 0 || (await process(records))) {
          failures = 0
          continue
        }
        failures++
      } catch (error) {
        if (abort.signal.aborted) return
        failures++
        waiting = []
        log('warn', 'log.batch-failed', {
          group,
          topic,
          partition,
          position,
          ...errorFields(error),
        })
      }
      await until(() => false, backoffMs(failures, Math.random()))
    }
  }

  const running = run().then(() => saving)

  return {
    partitionId,
    know(newEnd, newFirst = first) {
      end = Math.max(end, newEnd)
      first = Math.max(first, newFirst)
      wake()
    },
    stop() {
      stopping = true
      wake()
      return running
    },
    lose() {
      stopping = true
      abort.abort()
      wake()
    },
  }
}

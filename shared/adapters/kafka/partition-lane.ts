import type { KafkaMessage } from 'kafkajs'
import { backoffMs } from '../../domain/backoff.ts'
import { errorFields, log } from '../../log.ts'
import type { BatchHandler, Subscription } from '../../ports/event-consumer.ts'
import type { LogRecord } from '../../ports/event-log.ts'
import { kafkaErrorType } from './failure.ts'
import { handleBatch } from './handle-batch.ts'
import type { KeepPosition } from './position-keeper.ts'
import { recordQueue } from './record-queue.ts'
import { waiting } from './waiting.ts'

/** How far a partition has come. */
export type Standing = Readonly<{
  /** The offset behind what is done. */
  done?: number | undefined
  /** The same as Kafka has it: what follows a commit that failed may be ahead of it. */
  kept?: number | undefined
}>

/** What a lane works with. */
export type LaneParts = Readonly<{
  subscription: Subscription
  partition: number
  handle: BatchHandler
  keep: KeepPosition
  /** Whether fetching has to pause, as what is queued grows and shrinks. */
  flow: (paused: boolean) => void
  /** The end of an earlier lane of the partition: no two run side by side. */
  after: Promise<void> | undefined
  /** Where earlier lanes of the partition left off, as far as that is known. */
  begin: Standing
}>

/** The batches of one partition, one after another, for as long as its member holds it. */
export type PartitionLane = Readonly<{
  /** Takes what was fetched from one offset up to another. */
  add(messages: readonly KafkaMessage[], from: number, next: number): void
  /** The offset that the next fetch has to begin at; undefined when that is not known. */
  next(): number | undefined
  /**
   * Waits for room, though not long, so that others are not kept waiting; after that it pauses the
   * partition's fetching. To go on after a pause takes longer, since a fetch that has begun without
   * the partition may last its full time: a handler that is fast enough is better waited for.
   */
  room(): Promise<void>
  /** Begins nothing new; what is queued is forgotten. Ends when the batch in flight has ended. */
  close(): void
  /** The partition is another member's: no position is kept any more. */
  abandon(): void
  /** When nothing is in flight any more and the position is kept. */
  ended: Promise<void>
  standing(): Standing
}>

const ROOM_WAIT_MS = 100
/** Kafka's answers to a member that is none, or whose group is about to share out anew. */
const NOT_MINE = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'])

export function partitionLane(parts: LaneParts): PartitionLane {
  const { subscription, partition, handle, keep, flow, after, begin } = parts
  const { group, topic, maxRecords, maxWaitMs } = subscription
  const queue = recordQueue(topic, partition, maxRecords, flow)
  const closing = new AbortController()
  let isAbandoned = false
  let { done, kept } = begin
  /** The offset behind what was fetched. */
  let fetched = done
  /** What of the last batch has to be handled again. */
  let again: readonly LogRecord[] = []
  let failures = 0
  const { until, wake } = waiting(closing.signal)

  const rest = (tries: number) =>
    until(() => false, performance.now() + backoffMs(tries, Math.random()))

  async function nextBatch(): Promise<readonly LogRecord[]> {
    if (again.length > 0) return again
    await until(() => queue.size() > 0)
    if (maxWaitMs > 0) await until(() => queue.isFull(), queue.oldestAt() + maxWaitMs)
    if (closing.signal.aborted) return []
    const records = queue.take()
    wake()
    return records
  }

  async function run(): Promise<void> {
    await after
    let keeping = done === undefined || done === kept ? undefined : keepUntilKept(done)
    while (!closing.signal.aborted) {
      const records = await nextBatch()
      const [first] = records
      if (!first) break
      const next = await handleBatch(subscription, records, handle, closing.signal)
      again = records.filter(({ offset }) => offset >= next)
      failures = next > first.offset || again.length === 0 ? 0 : failures + 1
      // So a batch runs beside the keeping of the position before it, and no more than that.
      await keeping
      if (next > first.offset) {
        done = next
        keeping = keepUntilKept(next)
      }
      if (failures > 0) await rest(failures)
    }
    await keeping
    queue.clear()
  }

  async function keepUntilKept(next: number): Promise<void> {
    for (let tries = 1; !isAbandoned; tries++) {
      try {
        await keep({ partition, next, isOurs: () => !isAbandoned })
        if (!isAbandoned) kept = next
        return
      } catch (error) {
        const about = { group, topic, partition, next, ...errorFields(error) }
        // A rebalance takes its course by itself; what was not kept is delivered again.
        if (NOT_MINE.has(kafkaErrorType(error) ?? '')) return log('debug', NOT_KEPT, about)
        log('warn', NOT_KEPT, about)
        if (closing.signal.aborted) return
        await rest(tries)
      }
    }
  }

  return {
    add(messages, from, next) {
      if (done === undefined) done = kept = from
      if (fetched !== undefined && from < fetched) queue.clear()
      fetched = next
      queue.add(messages)
      wake()
    },
    next: () => fetched,
    async room() {
      await until(queue.hasRoom, performance.now() + ROOM_WAIT_MS)
      if (!queue.hasRoom()) queue.pause()
    },
    close: () => closing.abort(),
    abandon() {
      isAbandoned = true
    },
    ended: run(),
    standing: () => ({ done, kept }),
  }
}

const NOT_KEPT = 'log.position-not-kept'

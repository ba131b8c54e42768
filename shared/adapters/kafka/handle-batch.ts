import type { Consumer, EachBatchPayload } from 'kafkajs'
import { backoffMs } from '../../domain/backoff.ts'
import { errorFields, log } from '../../log.ts'
import type { BatchHandler, Subscription } from '../../ports/event-consumer.ts'
import type { LogRecord } from '../../ports/event-log.ts'
import { toLogRecord } from './records.ts'

type Handling = Readonly<{
  payload: EachBatchPayload
  subscription: Subscription
  handle: BatchHandler
  consumer: Consumer
  stopped: AbortSignal
}>

const HEARTBEAT_MS = 1_000

/** How often a partition failed in a row, by consumer. */
const failures = new WeakMap<Consumer, Map<number, number>>()

/** Hands what one fetch brought of a partition to the handler, `maxRecords` at a time. */
export async function handleBatch(handling: Handling): Promise<void> {
  const { payload, subscription, consumer, stopped } = handling
  const { topic, partition, messages } = payload.batch
  const { maxRecords } = subscription
  const failed = failures.get(consumer) ?? new Map<number, number>()
  failures.set(consumer, failed)
  for (let at = 0; at < messages.length; at += maxRecords) {
    if (!payload.isRunning() || payload.isStale() || stopped.aborted) return
    const records = messages
      .slice(at, at + maxRecords)
      .map((message) => toLogRecord(topic, partition, message))
    const from = records[0]?.offset ?? 0
    const beyond = (records.at(-1)?.offset ?? from) + 1
    const next = await handled(handling, records)
    if (next > from) {
      await keep(payload, next)
      failed.delete(partition)
    }
    if (next === beyond) continue
    consumer.seek({ topic, partition, offset: String(next) })
    const inARow = next > from ? 0 : (failed.get(partition) ?? 0) + 1
    failed.set(partition, inARow)
    if (inARow > 0) pauseFor(handling, backoffMs(inARow, Math.random()))
    return
  }
}

/** The offset to go on from: what the handler answered, or the first one when it failed. */
async function handled(handling: Handling, records: readonly LogRecord[]): Promise<number> {
  const { payload, subscription, handle } = handling
  const { topic, partition } = payload.batch
  const from = records[0]?.offset ?? 0
  const beyond = (records.at(-1)?.offset ?? from) + 1
  const lost = new AbortController()
  // A handler may take longer than the session lasts.
  const beat = setInterval(() => {
    payload.heartbeat().catch((error: { type?: string }) => {
      if (error.type === 'UNKNOWN_MEMBER_ID' || error.type === 'ILLEGAL_GENERATION') lost.abort()
    })
  }, HEARTBEAT_MS)
  try {
    const next = await handle({ topic, partition, records }, lost.signal)
    if (next >= from && next <= beyond) return next
    throw new RangeError(`the handler answered ${next} for offsets ${from} to ${beyond}`)
  } catch (error) {
    const { group } = subscription
    log('warn', 'log.batch-failed', { group, topic, partition, ...errorFields(error) })
    return from
  } finally {
    clearInterval(beat)
  }
}

/** A member that was left out of the group can't keep a position: the broker refuses its generation. */
async function keep(payload: EachBatchPayload, next: number): Promise<void> {
  const { topic, partition } = payload.batch
  const partitions = [{ partition, offset: String(next) }]
  await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions }] })
  payload.resolveOffset(String(next - 1))
}

/** Leaves a partition alone for a while; the others go on. */
function pauseFor({ payload, stopped }: Handling, ms: number): void {
  const resume = payload.pause()
  const timer = setTimeout(() => {
    if (!stopped.aborted) resume()
  }, ms)
  stopped.addEventListener('abort', () => clearTimeout(timer), { once: true })
}

import type { KafkaMessage } from 'kafkajs'
import { recordWeight } from '../../domain/record-size.ts'
import type { LogRecord } from '../../ports/event-log.ts'
import { toLogRecord } from './records.ts'

/** Records of one partition that were fetched and wait to be handled. */
export type RecordQueue = Readonly<{
  add(messages: readonly KafkaMessage[]): void
  size(): number
  /** Whether it may hold more. */
  hasRoom(): boolean
  /** Pauses fetching until half of what it may hold is done. */
  pause(): void
  /** Whether it holds a batch, or as much as it may. */
  isFull(): boolean
  /** When the first one of those that wait came, on `performance.now()`'s clock. */
  oldestAt(): number
  take(): readonly LogRecord[]
  clear(): void
}>

/** What a queue may hold; one fetch may go beyond it. */
const MOST_BYTES = 4 * 1_048_576
const MOST_RECORDS = 4_096

/** A queue that says when fetching has to pause for it. */
export function recordQueue(
  topic: string,
  partition: number,
  maxRecords: number,
  flow: (paused: boolean) => void,
): RecordQueue {
  const mostRecords = Math.max(MOST_RECORDS, 2 * maxRecords)
  let waiting: Readonly<{ record: LogRecord; at: number; weight: number }>[] = []
  let bytes = 0
  let isPaused = false

  function setPaused(paused: boolean): void {
    if (paused === isPaused) return
    isPaused = paused
    flow(paused)
  }

  function clear(): void {
    waiting = []
    bytes = 0
  }

  const hasRoom = () => waiting.length < mostRecords && bytes < MOST_BYTES

  return {
    add(messages) {
      const at = performance.now()
      for (const message of messages) {
        const record = toLogRecord(topic, partition, message)
        const weight = recordWeight(record)
        waiting.push({ record, at, weight })
        bytes += weight
      }
    },
    size: () => waiting.length,
    hasRoom,
    pause: () => setPaused(true),
    isFull: () => waiting.length >= maxRecords || !hasRoom(),
    oldestAt: () => waiting[0]?.at ?? performance.now(),
    take() {
      const taken = waiting.slice(0, maxRecords)
      waiting = waiting.slice(maxRecords)
      for (const { weight } of taken) bytes -= weight
      if (waiting.length <= mostRecords / 2 && bytes <= MOST_BYTES / 2) setPaused(false)
      return taken.map(({ record }) => record)
    },
    clear,
  }
}

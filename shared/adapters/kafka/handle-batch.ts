import { errorFields, log } from '../../log.ts'
import type { BatchHandler, Subscription } from '../../ports/event-consumer.ts'
import type { LogRecord } from '../../ports/event-log.ts'

/** Hands a batch over. Answers the offset to go on from: the first one when the handler failed. */
export async function handleBatch(
  { group, topic }: Subscription,
  records: readonly LogRecord[],
  handle: BatchHandler,
  signal: AbortSignal,
): Promise<number> {
  const { partition = 0, offset: from = 0 } = records[0] ?? {}
  const beyond = (records.at(-1)?.offset ?? from) + 1
  try {
    const next = await handle({ topic, partition, records }, signal)
    if (next >= from && next <= beyond) return next
    throw new RangeError(`the handler answered ${next} for offsets ${from} to ${beyond}`)
  } catch (error) {
    log('warn', 'log.batch-failed', { group, topic, partition, ...errorFields(error) })
    return from
  }
}

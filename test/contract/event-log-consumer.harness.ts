import { onTestFinished } from 'vitest'
import type { Batch, EventConsumer, Subscription } from '#shared/ports/event-consumer.ts'
import { aRecord, aTopic, type OpenedLog } from './event-log.contract.ts'

export type OpenedGroupLog = OpenedLog & { consumer(): EventConsumer }

/** Joining a group takes Kafka seconds. */
export const SLOW = { timeout: 25_000, interval: 20 }
export const QUIET_MS = 300

export const offsetAfter = ({ records }: Batch) => (records.at(-1)?.offset ?? -1) + 1

export const textOf = ({ records }: Batch) =>
  records.map(({ value }) => Buffer.from(value ?? []).toString())

export const numbers = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, nr) => String(from + nr))

/** Opens a log with a topic of its own, and what a test of consumers needs around it. */
export async function withTopic(open: () => Promise<OpenedGroupLog>, partitions: number) {
  const opened = await open()
  const topic = aTopic(partitions)
  await opened.admin.apply([topic])
  const consumer = () => {
    const one = opened.consumer()
    onTestFinished(() => one.close())
    return one
  }
  const subscription: Subscription = {
    ...{ group: `group-of-${topic.name}`, topic: topic.name, startingPosition: 'earliest' },
    ...{ maxRecords: 100, maxWaitMs: 0 },
  }
  const append = (values: readonly string[], keys = 17) =>
    opened.log.append(
      values.map((value, nr) =>
        aRecord(topic.name, { key: `k${nr % keys}`, value: Buffer.from(value) }),
      ),
    )
  return { ...opened, topic: topic.name, consumer, subscription, append }
}

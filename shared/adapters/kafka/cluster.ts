import { setTimeout as pause } from 'node:timers/promises'
import Cluster, { type Broker } from 'kafkajs/src/cluster/index.js'
import socketFactory from 'kafkajs/src/network/socketFactory.js'
import { backoffMs } from '../../domain/backoff.ts'
import { Failure } from '../../errors.ts'
import type { LogRecord } from '../../ports/event-log.ts'
import type { PartitionBounds } from '../../ports/log-browser.ts'
import { askKafka, isPassing, kafkaErrorType, MAKE_TOPICS } from './failure.ts'
import { toLogRecord } from './records.ts'
import { connectionOptions, type KafkaSettings, kafkaClient, retry } from './settings.ts'

/** A group's next offset in one partition. */
export type GroupPosition = Readonly<{ topic: string; partition: number; position: number }>

/**
 * What kafkajs's public clients can't do without joining a group, which takes seconds: read a
 * partition, and read and set a group's positions.
 */
export type KafkaCluster = Readonly<{
  /** @throws `NotFound`, `Unavailable` */
  bounds(topic: string): Promise<readonly PartitionBounds[]>
  read(topic: string, partition: number, from: number): Promise<readonly LogRecord[]>
  positions(group: string): Promise<readonly GroupPosition[]>
  /** Works for a group without members. @throws `Unavailable` when it has some */
  setPositions(group: string, positions: readonly GroupPosition[]): Promise<void>
  close(): Promise<void>
}>

const TIMEOUT_MS = 8_000
const FETCH_WAIT_MS = 200
const FETCH_BYTES = 4 * 1_048_576
const READ_COMMITTED = 1
const METADATA_MAX_AGE_MS = 1_000
/** The generation of whoever sets positions without being a member. */
const NO_GENERATION = -1

export function kafkaCluster(settings: KafkaSettings): KafkaCluster {
  const cluster = new Cluster({
    socketFactory: socketFactory(),
    ...connectionOptions(settings),
    metadataMaxAge: METADATA_MAX_AGE_MS,
    allowAutoTopicCreation: false,
    retry: retry(2),
    logger: kafkaClient(settings).logger(),
    isolationLevel: READ_COMMITTED,
  })
  let connecting: Promise<void> | undefined

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    const deadline = performance.now() + TIMEOUT_MS
    for (let tries = 1; ; tries++) {
      connecting ??= cluster.connect()
      try {
        await askKafka(connecting, deadline - performance.now(), settings.refusals)
        return await askKafka(work(), deadline - performance.now(), settings.refusals)
      } catch (error) {
        const waitMs = backoffMs(tries, Math.random())
        if (!isPassing(error) || performance.now() + waitMs > deadline) {
          connecting = undefined
          throw error
        }
        await pause(waitMs)
      }
    }
  }

  async function partitionsOf(topic: string) {
    try {
      await cluster.addMultipleTargetTopics([topic])
    } catch (error) {
      if (kafkaErrorType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
      throw new Failure('NotFound', `topic ${topic} does not exist ${MAKE_TOPICS}`, {
        cause: error,
      })
    }
    await cluster.refreshMetadataIfNecessary()
    return cluster.findTopicPartitionMetadata(topic)
  }

  async function offsets(topic: string, numbers: readonly number[], fromBeginning: boolean) {
    const partitions = numbers.map((partition) => ({ partition }))
    const [answer] = await cluster.fetchTopicsOffset([{ topic, partitions, fromBeginning }])
    return new Map(answer?.partitions.map((one) => [one.partition, Number(one.offset)]))
  }

  async function fetch(broker: Broker, topic: string, partition: number, from: number) {
    const partitions = [{ partition, fetchOffset: String(from), maxBytes: FETCH_BYTES }]
    return broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime: FETCH_WAIT_MS,
      minBytes: 1,
      maxBytes: FETCH_BYTES,
      topics: [{ topic, partitions }],
    })
  }

  return {
    bounds: (topic) =>
      ask(async () => {
        const numbers = (await partitionsOf(topic)).map(({ partitionId }) => partitionId)
        const [first, end] = await Promise.all([
          offsets(topic, numbers, true),
          offsets(topic, numbers, false),
        ])
        return numbers
          .sort((a, b) => a - b)
          .map((partition) => ({
            partition,
            first: first.get(partition) ?? 0,
            end: end.get(partition) ?? 0,
          }))
      }),

    read: (topic, partition, from) =>
      ask(async () => {
        const found = (await partitionsOf(topic)).find((one) => one.partitionId === partition)
        if (!found) return []
        const broker = await cluster.findBroker({ nodeId: found.leader })
        const { responses } = await fetch(broker, topic, partition, from)
        return responses
          .flatMap(({ partitions }) => partitions.flatMap(({ messages }) => messages))
          .filter(({ offset, isControlRecord }) => !isControlRecord && Number(offset) >= from)
          .map((message) => toLogRecord(topic, partition, message))
      }),

    positions: (group) =>
      ask(async () => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group })
        const { responses } = await coordinator.offsetFetch({ groupId: group, topics: [] })
        return responses.flatMap(({ topic, partitions }) =>
          partitions
            .map(({ partition, offset }) => ({ topic, partition, position: Number(offset) }))
            .filter(({ position }) => position >= 0),
        )
      }),

    setPositions: (group, positions) =>
      ask(async () => {
        const coordinator = await cluster.findGroupCoordinator({ groupId: group })
        const topics = [...Map.groupBy(positions, ({ topic }) => topic)].map(([topic, list]) => ({
          topic,
          partitions: list.map(({ partition, position }) => ({
            partition,
            offset: String(position),
          })),
        }))
        await coordinator.offsetCommit({
          ...{ groupId: group, groupGenerationId: NO_GENERATION, memberId: '', topics },
        })
      }),

    async close() {
      connecting = undefined
      await cluster.disconnect()
    },
  }
}

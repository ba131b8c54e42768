import { setTimeout as pause } from 'node:timers/promises'
import type { Consumer, EachBatchPayload } from 'kafkajs'
import { backoffMs } from '../../domain/backoff.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log } from '../../log.ts'
import type {
  BatchHandler,
  Consumption,
  EventConsumer,
  Subscription,
} from '../../ports/event-consumer.ts'
import { bySubscription } from './assigner.ts'
import { type KafkaCluster, kafkaCluster } from './cluster.ts'
import { askKafka, kafkaErrorType, toFailure } from './failure.ts'
import { handleBatch } from './handle-batch.ts'
import { type KafkaSettings, kafkaClient, kafkaSettings, retry } from './settings.ts'

/** Also delays a rebalance and a stop by so much. */
const FETCH_WAIT_MS = 250
/** The coordinator answers a join when all members have come: longer than any other request. */
const REQUEST_TIMEOUT_MS = 30_000
const SESSION_TIMEOUT_MS = 10_000
const HEARTBEAT_MS = 1_000
/** A batch in flight may take so long to end before its member is left out of the group. */
const REBALANCE_TIMEOUT_MS = 60_000
const PARTITION_BYTES = 2 * 1_048_576
const CONCURRENT_PARTITIONS = 64
const START_TIMEOUT_MS = 10_000

/** Reads Kafka in consumer groups. */
export function kafkaEventConsumer(url: string): EventConsumer {
  const settings = kafkaSettings(url)
  const cluster = kafkaCluster(settings)
  const running = new Set<Consumption>()

  return {
    async consume(subscription, handle) {
      await seedPositions(cluster, subscription)
      const reading = await startReading(settings, subscription, handle)
      const consumption = {
        async stop() {
          running.delete(consumption)
          await reading.stop()
        },
      }
      running.add(consumption)
      return consumption
    },

    async close() {
      await Promise.all([...running].map(({ stop }) => stop()))
      await cluster.close()
    },
  }
}

/**
 * Gives a new group its positions before it reads: so a group that begins at the end misses nothing
 * that arrives while it joins, and reads partitions that are added later from their beginning.
 */
async function seedPositions(
  cluster: KafkaCluster,
  { group, topic, startingPosition }: Subscription,
): Promise<void> {
  const bounds = await cluster.bounds(topic)
  const known = (await cluster.positions(group)).some((one) => one.topic === topic)
  if (known) return
  const positions = bounds.map(({ partition, first, end }) => ({
    ...{ topic, partition, position: startingPosition === 'latest' ? end : first },
  }))
  try {
    await cluster.setPositions(group, positions)
  } catch (error) {
    // Members that are there already have seeded, or begin where this one would.
    if (!HAS_MEMBERS.has(kafkaErrorType(error) ?? '')) throw error
  }
}

/** How Kafka refuses positions of a group that has members from someone who is none. */
const HAS_MEMBERS = new Set(['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS'])

/** Runs a kafkajs consumer, and a new one whenever one crashes for good. */
async function startReading(
  settings: KafkaSettings,
  subscription: Subscription,
  handle: BatchHandler,
): Promise<Consumption> {
  const { group, topic } = subscription
  const stopped = new AbortController()
  let consumer = await start()

  async function start(): Promise<Consumer> {
    const client = kafkaClient(settings, { requestTimeout: REQUEST_TIMEOUT_MS })
    const started = client.consumer({
      groupId: group,
      partitionAssigners: [bySubscription],
      sessionTimeout: SESSION_TIMEOUT_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: REBALANCE_TIMEOUT_MS,
      maxWaitTimeInMs: FETCH_WAIT_MS,
      maxBytesPerPartition: PARTITION_BYTES,
      metadataMaxAge: 5_000,
      allowAutoTopicCreation: false,
      // Its own restarts come about once a second, for ever, and log each.
      retry: { ...retry(8), restartOnFailure: async () => false },
    })
    started.on(started.events.CRASH, ({ payload: { error } }) => {
      log('warn', 'kafka.consumer-crashed', { group, topic, ...errorFields(error) })
      void startAgain()
    })
    try {
      await askKafka(started.connect(), START_TIMEOUT_MS)
      // Positions are seeded: without one there is only a partition that came later.
      await askKafka(started.subscribe({ topic, fromBeginning: true }), START_TIMEOUT_MS)
      await started.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
        eachBatch: (payload: EachBatchPayload) =>
          handleBatch({
            payload,
            subscription,
            handle,
            consumer: started,
            stopped: stopped.signal,
          }),
      })
      return started
    } catch (error) {
      void started.disconnect().catch(() => undefined)
      throw error
    }
  }

  async function startAgain(): Promise<void> {
    for (let tries = 1; !stopped.signal.aborted; tries++) {
      try {
        await pause(backoffMs(tries, Math.random()), undefined, { signal: stopped.signal })
        consumer = await start()
        if (stopped.signal.aborted) await consumer.disconnect()
        return
      } catch (error) {
        if (stopped.signal.aborted) return
        log('warn', 'kafka.consumer-not-started', { group, topic, ...errorFields(error) })
      }
    }
  }

  return {
    async stop() {
      stopped.abort()
      try {
        await consumer.disconnect()
      } catch (error) {
        throw error instanceof Failure ? error : toFailure(error)
      }
    },
  }
}

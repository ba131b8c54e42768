import { setTimeout as pause } from 'node:timers/promises'
import type { Batch, Consumer, EachBatchPayload } from 'kafkajs'
import { backoffMs } from '../../domain/backoff.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log } from '../../log.ts'
import type { BatchHandler, Consumption, Subscription } from '../../ports/event-consumer.ts'
import { bySubscription } from './assigner.ts'
import { askKafka, toFailure } from './failure.ts'
import { joiningAfter } from './joining.ts'
import { type Lanes, lanes, type Member } from './lanes.ts'
import { positionKeeper } from './position-keeper.ts'
import { type KafkaSettings, kafkaClient, retry } from './settings.ts'

/** Also delays a rebalance and a stop by so much. */
const FETCH_WAIT_MS = 250
const SESSION_TIMEOUT_MS = 10_000
/**
 * kafkajs waits for all brokers' answers before it joins again, and beats no heart meanwhile: one
 * that froze must not cost the session. A join itself may take as long as a rebalance.
 */
const REQUEST_TIMEOUT_MS = 5_000
const HEARTBEAT_MS = 1_000
/** A batch in flight may take so long to end before its member is left out of the group. */
const REBALANCE_TIMEOUT_MS = 60_000
const SETTLE_MS = REBALANCE_TIMEOUT_MS - 5_000
const PARTITION_BYTES = 2 * 1_048_576
/** All of a fetch are taken side by side. */
const CONCURRENT_PARTITIONS = 64
const START_TIMEOUT_MS = 10_000

/** Runs a kafkajs consumer, and a new one whenever one crashes for good. */
export async function startReading(
  settings: KafkaSettings,
  subscription: Subscription,
  handle: BatchHandler,
): Promise<Consumption> {
  const { group, topic } = subscription
  const stopped = new AbortController()
  const partitions = lanes(subscription, handle, SETTLE_MS)
  /** Since the group was joined last. */
  let failures = 0
  let restarting: Promise<void> = Promise.resolve()
  let consumer = await start()

  async function start(): Promise<Consumer> {
    const client = kafkaClient(settings, { requestTimeout: REQUEST_TIMEOUT_MS })
    const started = client.consumer({
      groupId: group,
      partitionAssigners: [joiningAfter(partitions.settle, bySubscription)],
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
    started.on(started.events.GROUP_JOIN, ({ payload: { memberId, memberAssignment } }) => {
      failures = 0
      started.resume([{ topic }])
      partitions.open(memberId, memberAssignment[topic] ?? [])
    })
    started.on(started.events.CRASH, ({ payload: { error } }) => {
      partitions.lose()
      log('warn', 'kafka.consumer-crashed', { group, topic, ...errorFields(error) })
      restarting = startAgain()
    })
    const connecting = started.connect()
    try {
      await askKafka(connecting, START_TIMEOUT_MS, settings.refusals)
      // Positions are seeded: without one there is only a partition that came later.
      await askKafka(started.subscribe({ topic, fromBeginning: true }), START_TIMEOUT_MS)
      const eachBatch = batchTaker(started, topic, partitions)
      await started.run({
        ...{ autoCommit: false, eachBatchAutoResolve: false, eachBatch },
        partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
      })
      return started
    } catch (error) {
      // A connection that is made after all must not stay.
      const ended = connecting.catch(() => undefined).then(() => started.disconnect())
      ended.catch((left: unknown) => {
        log('debug', 'kafka.consumer-not-closed', { group, topic, ...errorFields(left) })
      })
      throw error
    }
  }

  async function startAgain(): Promise<void> {
    while (!stopped.signal.aborted) {
      failures += 1
      try {
        await pause(backoffMs(failures, Math.random()), undefined, { signal: stopped.signal })
        consumer = await start()
        return
      } catch (error) {
        if (stopped.signal.aborted) return
        // A refusal is logged once, by who meets it.
        if (error instanceof Failure && error.kind === 'Misconfigured') continue
        log('warn', 'kafka.consumer-not-started', { group, topic, ...errorFields(error) })
      }
    }
  }

  return {
    async stop() {
      stopped.abort()
      await partitions.close()
      await restarting
      try {
        await consumer.disconnect()
      } catch (error) {
        throw error instanceof Failure ? error : toFailure(error)
      }
    },
  }
}

/**
 * Puts what was fetched into its partition's lane and lets fetching go on: kafkajs fetches again when
 * all of a fetch has been taken.
 */
function batchTaker(consumer: Consumer, topic: string, partitions: Lanes) {
  let latest: EachBatchPayload | undefined

  const keep = positionKeeper(async (positions) => {
    const offsets = positions.map(({ partition, next }) => ({ partition, offset: String(next) }))
    await latest?.commitOffsetsIfNecessary({ topics: [{ topic, partitions: offsets }] })
  })
  const member: Member = {
    keep,
    flow(partition, paused) {
      const place = [{ topic, partitions: [partition] }]
      try {
        if (paused) consumer.pause(place)
        else consumer.resume(place)
      } catch (error) {
        // It has just crashed: what comes after it begins anew.
        log('debug', 'kafka.consumer-gone', { topic, partition, ...errorFields(error) })
      }
    },
    seek: (partition, offset) => consumer.seek({ topic, partition, offset: String(offset) }),
    heartbeat: async () => latest?.heartbeat(),
  }

  return async (payload: EachBatchPayload): Promise<void> => {
    const { partition, messages, fetchedOffset } = payload.batch as FetchedBatch
    if (payload.isStale()) return
    latest = payload
    const last = payload.batch.lastOffset()
    const fetched = { from: Number(fetchedOffset), next: Number(last) + 1, messages }
    if (partitions.add(member, partition, fetched)) {
      payload.resolveOffset(last)
      await partitions.room(partition)
    } else if (!partitions.isOpen()) {
      // What is not wanted now must not be fetched again and again meanwhile.
      consumer.pause([{ topic }])
    }
  }
}

/** Of kafkajs 2.2.4, though not of its types: the offset that was asked for. */
type FetchedBatch = Batch & Readonly<{ fetchedOffset: string }>

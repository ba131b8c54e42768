import type { Producer, TopicMessages } from 'kafkajs'
import { errorFields, log } from '../../log.ts'
import type { NewRecord } from '../../ports/event-log.ts'
import { askKafka, isAnswer, isUnknownTopic, unavailable } from './failure.ts'
import { asBuffer, writtenHeaders } from './records.ts'
import { type KafkaSettings, kafkaClient, retry } from './settings.ts'

/** A record and the partition that it goes to. */
export type PlacedRecord = Readonly<{ record: NewRecord; partition: number; bytes: number }>

/** The first offset of what was sent to each partition, by `partitionName`. */
export type FirstOffsets = ReadonlyMap<string, number>

/** Sends to Kafka, one request in flight. */
export type KafkaProducer = Readonly<{
  /** @throws `Unavailable`, `Misconfigured`, `NotFound`, `TooLarge`; within `timeLeftMs` */
  send(placed: readonly PlacedRecord[], timeLeftMs: number): Promise<FirstOffsets>
  close(): Promise<void>
}>

type Opened = Readonly<{ producer: Producer; connected: Promise<void> }>

export const partitionName = (topic: string, partition: number) => `${topic}/${partition}`

/** A leader that froze stays in the metadata until they are read again. */
const METADATA_MAX_AGE_MS = 1_000
/** An attempt that failed is repeated after so long, while there is time. */
const PAUSE_MS = 100
const SHORTEST_TRY_MS = 200
const ALL_REPLICAS = -1

/**
 * Never idempotent: after a time-out at the client kafkajs uses a sequence number twice, and the
 * second record is acknowledged without being stored. It retries nothing by itself either: a send
 * that was given up must not be repeated behind the back of the next one.
 */
export function kafkaProducer(settings: KafkaSettings, now: () => number): KafkaProducer {
  let current: Opened | undefined
  /** A send that nobody waits for any more, until it has ended. */
  let abandoned: Promise<unknown> | undefined

  function open(): Opened {
    const producer = kafkaClient(settings, { retry: retry(1) }).producer({
      allowAutoTopicCreation: false,
      createPartitioner:
        () =>
        ({ message }) =>
          message.partition ?? 0,
      idempotent: false,
      maxInFlightRequests: 1,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      retry: { retries: 0 },
    })
    return { producer, connected: producer.connect() }
  }

  function letGo(opened: Opened | undefined): void {
    if (current === opened) current = undefined
    if (!opened) return
    // One that is let go while it connects would go on to connect.
    const ended = opened.connected.catch(() => undefined).then(() => opened.producer.disconnect())
    ended.catch((error: unknown) => {
      log('debug', 'kafka.producer-not-closed', errorFields(error))
    })
  }

  async function attempt(topicMessages: TopicMessages[]): Promise<FirstOffsets> {
    current ??= open()
    const opened = current
    try {
      await opened.connected
      const answers = await opened.producer.sendBatch({ acks: ALL_REPLICAS, topicMessages })
      return firstOffsets(topicMessages, answers)
    } catch (error) {
      // kafkajs never connects again to a broker that it lost, unless its own retries are on: after
      // a freeze it would say "not connected" for ever. What a broker answered is no such loss, but
      // for a topic that is gone: kafkajs asks for it for ever, and then sends to no topic at all.
      if (!isAnswer(error) || isUnknownTopic(error)) letGo(opened)
      throw error
    }
  }

  /** Waits for a send that was given up: what follows must not overtake it. */
  async function settleAbandoned(deadline: number): Promise<void> {
    if (abandoned === undefined) return
    try {
      await askKafka(abandoned, deadline - now())
    } catch {
      // It hangs for good: its connections go, and with them whatever it still meant to send.
      letGo(current)
    }
    abandoned = undefined
  }

  return {
    async send(placed, timeLeftMs) {
      const deadline = now() + timeLeftMs
      const topicMessages = toMessages(placed)
      for (;;) {
        const refusal = current === undefined ? settings.refusals?.current() : undefined
        if (refusal) throw refusal
        await settleAbandoned(deadline)
        const sending = attempt(topicMessages)
        try {
          return await askKafka(sending, deadline - now(), settings.refusals)
        } catch (error) {
          const leftMs = deadline - now()
          if (leftMs <= 0) abandoned = sending.catch(() => undefined)
          if (!isTransient(error) || leftMs < PAUSE_MS + SHORTEST_TRY_MS) throw error
          await new Promise((done) => setTimeout(done, PAUSE_MS))
        }
      }
    },

    async close() {
      const producer = current?.producer
      current = undefined
      await producer?.disconnect()
    },
  }
}

function isTransient(error: unknown): boolean {
  return (error as { kind?: unknown } | undefined)?.kind === 'Unavailable'
}

function toMessages(placed: readonly PlacedRecord[]): TopicMessages[] {
  return [...Map.groupBy(placed, ({ record }) => record.topic)].map(([topic, list]) => ({
    topic,
    messages: list.map(({ record: { key, value, headers }, partition }) => ({
      key,
      value: value && asBuffer(value),
      headers: writtenHeaders(headers),
      partition,
    })),
  }))
}

type Answer = { topicName: string; partition: number; baseOffset?: string }

/**
 * When a leader moves between two tries, kafkajs 2.2.4 can resolve without having sent to it: only
 * an answer for every partition is an acknowledgement.
 */
function firstOffsets(sent: readonly TopicMessages[], answers: readonly Answer[]): FirstOffsets {
  const offsets = new Map(
    answers.map(({ topicName, partition, baseOffset }) => [
      partitionName(topicName, partition),
      Number(baseOffset),
    ]),
  )
  for (const { topic, messages } of sent) {
    for (const { partition = 0 } of messages) {
      const offset = offsets.get(partitionName(topic, partition))
      if (offset === undefined || !(offset >= 0)) {
        throw unavailable(`partition ${partition} of ${topic} did not acknowledge`)
      }
    }
  }
  return offsets
}

import { setTimeout as pause } from 'node:timers/promises'
import kafkajs, { type Admin, type Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { kafkaEventConsumer } from '#shared/adapters/kafka/event-consumer.ts'
import { kafkaEventLog } from '#shared/adapters/kafka/event-log.ts'
import { kafkaTopicAdmin } from '#shared/adapters/kafka/topic-admin.ts'
import type { BatchHandler } from '#shared/ports/event-consumer.ts'
import { aRecord, aTopic } from '#test/contract/event-log.contract.ts'
import {
  canStartKafka,
  type KafkaClusterUnderTest,
  startKafka,
} from '#test/support/kafka-cluster.ts'

const PORT = 19_560
const SLOW = { timeout: 30_000, interval: 50 }
const FROZEN_MS = 30_000
/** A broker that froze is noticed after 5 s, and its successor takes over in less than 10. */
const HANDLED_WITHIN_MS = 20_000

describe('a consumer group', () => {
  if (!process.env.KAFKA_BROKERS || !canStartKafka) {
    it.skip('is not run: needs KAFKA_BROKERS and a tool to start and freeze brokers with', () =>
      undefined)
    return
  }
  let cluster: KafkaClusterUnderTest
  let kafka: Kafka
  let admin: Admin

  beforeAll(async () => {
    cluster = await startKafka({ name: 'group', port: PORT, brokers: 3 })
    const brokers = cluster.url.replace('kafka://', '').split(',')
    kafka = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING })
    admin = kafka.admin()
    await admin.connect()
  }, 120_000)
  afterAll(async () => {
    await admin?.disconnect()
    await cluster?.stop()
  }, 60_000)

  async function reading(partitions: number) {
    const topic = aTopic(partitions)
    const topics = kafkaTopicAdmin(cluster.url)
    await topics.apply([topic])
    await topics.close()
    const log = kafkaEventLog(cluster.url)
    onTestFinished(() => log.close())
    const handed: string[] = []
    const handle: BatchHandler = async ({ records }) => {
      handed.push(...records.map(({ value }) => String(value)))
      return (records.at(-1)?.offset ?? -1) + 1
    }
    const group = `group-of-${topic.name}`
    async function start() {
      const consumer = kafkaEventConsumer(cluster.url)
      onTestFinished(() => consumer.close())
      return consumer.consume(
        {
          ...{ group, topic: topic.name, startingPosition: 'earliest' },
          ...{ maxRecords: 50, maxWaitMs: 0 },
        },
        handle,
      )
    }
    let last = 0
    async function append(count: number) {
      const values = Array.from({ length: count }, () => `n${last++}`)
      const records = values.map((value) =>
        aRecord(topic.name, { key: value, value: Buffer.from(value) }),
      )
      // A leader that moves refuses for some seconds.
      await vi.waitFor(() => log.append(records), SLOW)
    }
    const missing = () => last - new Set(handed).size
    return { topic: topic.name, group, handed, start, append, missing }
  }

  /** The broker that keeps the group's positions, as Kafka chooses it. */
  async function coordinatorOf(group: string): Promise<number> {
    const { topics } = await admin.fetchTopicMetadata({ topics: ['__consumer_offsets'] })
    const partitions = topics[0]?.partitions ?? []
    const hash = [...group].reduce((sum, letter) => (31 * sum + letter.charCodeAt(0)) | 0, 0)
    const chosen = (hash & 0x7f_ff_ff_ff) % partitions.length
    return partitions.find(({ partitionId }) => partitionId === chosen)?.leader ?? 0
  }

  it('goes on under another coordinator while its own is frozen', async () => {
    const { group, handed, start, append, missing } = await reading(6)
    await start()
    await append(20)
    await expect.poll(missing, SLOW).toBe(0)
    const coordinator = await coordinatorOf(group)
    await cluster.broker('pause', coordinator)
    const thawed = pause(FROZEN_MS).finally(() => cluster.broker('resume', coordinator))
    const frozenAt = performance.now()
    for (let round = 0; round < 40; round++) {
      await append(5)
      await pause(200)
    }
    const timeout = frozenAt + HANDLED_WITHIN_MS - performance.now()
    await expect.poll(missing, { ...SLOW, timeout }).toBe(0)
    await thawed
    await append(20)
    await expect.poll(missing, SLOW).toBe(0)
    process.stdout.write(`coordinator frozen: handed over ${handed.length}, lost ${missing()}\n`)
  })

  it('reads partitions that are added, and loses nothing of the others', async () => {
    const { topic, handed, start, append, missing } = await reading(3)
    await start()
    await start()
    for (const count of [6, 9]) {
      await append(50)
      await admin.createPartitions({ topicPartitions: [{ topic, count }] })
      for (let round = 0; round < 40; round++) {
        await append(5)
        await pause(200)
      }
    }
    const producer = kafka.producer({ allowAutoTopicCreation: false })
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'of the last one', partition: 8 }] })
    await expect.poll(() => handed, SLOW).toContain('of the last one')
    await expect.poll(() => missing() + 1, SLOW).toBe(0)
    process.stdout.write(`partitions added: handed over ${handed.length}, lost 0\n`)
  })

  it('goes on behind records that the topic keeps no more', async () => {
    const { topic, handed, start, append } = await reading(1)
    const first = await start()
    await append(10)
    await expect.poll(() => handed.length, SLOW).toBe(10)
    await first.stop()
    await append(20)
    const partitions = [{ partition: 0, offset: '25' }]
    // kafkajs finds the topic's leaders only if it was asked about the topic before.
    await admin.fetchTopicOffsets(topic)
    await vi.waitFor(() => admin.deleteTopicRecords({ topic, partitions }), SLOW)
    await start()
    await expect.poll(() => handed.length, SLOW).toBe(15)
    await append(5)
    await expect.poll(() => handed.length, SLOW).toBe(20)
    expect(handed.slice(10)).toEqual(Array.from({ length: 10 }, (_, nr) => `n${nr + 25}`))
  })

  it('is read over what transactions leave in a partition', async () => {
    const { topic, handed, start } = await reading(1)
    await start()
    const producer = kafka.producer({
      ...{ transactionalId: topic, idempotent: true, maxInFlightRequests: 1 },
    })
    onTestFinished(() => producer.disconnect())
    await producer.connect()
    for (let round = 0; round < 5; round++) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value: `t${round}` }] })
      await (round % 2 ? transaction.abort() : transaction.commit())
    }
    await expect.poll(() => handed, SLOW).toEqual(['t0', 't2', 't4'])
  })

  it('is asked more and more rarely when it lets nobody in, and joined once it does', async () => {
    const { topic, group, start, append, missing } = await reading(1)
    const other = kafka.consumer({ groupId: group })
    await other.connect()
    await other.subscribe({ topic })
    const joined = new Promise((done) => other.on(other.events.GROUP_JOIN, done))
    await other.run({ eachMessage: async () => undefined })
    await joined
    const writing = vi.spyOn(process.stdout, 'write')
    onTestFinished(() => writing.mockRestore())
    await start()
    await pause(10_000)
    const refused = writing.mock.calls.filter(([line]) => String(line).includes('consumer-crashed'))
    expect(refused.length).toBeGreaterThan(1)
    expect(refused.length).toBeLessThan(15)
    await other.disconnect()
    await append(3)
    await expect.poll(missing, SLOW).toBe(0)
  })
})

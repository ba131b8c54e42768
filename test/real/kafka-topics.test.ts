import { spawn } from 'node:child_process'
import { once } from 'node:events'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { kafkaTopicAdmin } from '#shared/adapters/kafka/topic-admin.ts'
import { recordLimit } from '#shared/domain/record-size.ts'
import { deadLetterTopic, type Topic, topics } from '#shared/domain/topics.ts'
import {
  canStartKafka,
  type KafkaClusterUnderTest,
  startKafka,
} from '#test/support/kafka-cluster.ts'

const canRun = Boolean(process.env.KAFKA_BROKERS) && canStartKafka
const note = canRun ? '' : ' (skipped: needs KAFKA_BROKERS and ../shared/parts/kafka)'
const HOUR_MS = 3_600_000
const SLOW = { timeout: 60_000, interval: 500 }

let nextTopic = 0
/** A topic of its own, with dead letters. */
function aManifest(more: Partial<Topic> = {}): readonly [Topic, Topic] {
  const name = `test.topics.${Date.now()}.${nextTopic++}`
  const topic = { name, partitions: 2, retentionMs: HOUR_MS, carries: 'tests', ...more }
  return [topic, { ...topic, name: deadLetterTopic(name), partitions: 1 }]
}

describe.skipIf(!canRun)(`topics on real Kafka${note}`, () => {
  let cluster: KafkaClusterUnderTest
  let client: kafkajs.Kafka
  let admin: kafkajs.Admin
  beforeAll(async () => {
    cluster = await startKafka({ name: 'topics', port: 21_740, brokers: 3 })
    const brokers = cluster.url.replace('kafka://', '').split(',')
    client = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING })
    admin = client.admin()
    await admin.connect()
  }, 120_000)
  afterAll(async () => {
    await admin?.disconnect()
    await cluster?.stop()
  }, 60_000)

  /** Makes topics what a manifest says, as one process of several would. */
  async function apply(manifest: readonly Topic[]) {
    const topicAdmin = kafkaTopicAdmin(cluster.url)
    try {
      return (await topicAdmin.apply(manifest)).map(({ change }) => change)
    } finally {
      await topicAdmin.close()
    }
  }

  async function describeTopic(name: string) {
    const { topics: found } = await admin.fetchTopicMetadata({ topics: [name] })
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name }],
    })
    const value = (config: string) =>
      resources[0]?.configEntries.find(({ configName }) => configName === config)?.configValue
    return {
      partitions: found[0]?.partitions.length,
      replicas: new Set(found[0]?.partitions.map(({ replicas }) => replicas.length)),
      retentionMs: value('retention.ms'),
      maxMessageBytes: Number(value('max.message.bytes')),
      inSync: value('min.insync.replicas'),
      cleanup: value('cleanup.policy'),
    }
  }

  it('are made with three copies, two of which acknowledge, and room for the largest record', async () => {
    const manifest = aManifest()
    expect(await apply(manifest)).toEqual(['create', 'create'])
    for (const { name, partitions } of manifest) {
      expect(await describeTopic(name)).toEqual({
        partitions,
        replicas: new Set([3]),
        retentionMs: String(HOUR_MS),
        maxMessageBytes: recordLimit(name) + 4_096,
        inSync: '2',
        cleanup: 'delete',
      })
    }
    expect(await apply(manifest)).toEqual(['none', 'none'])
  })

  it('are made once by eight processes at the same time', async () => {
    const run = async () => {
      const child = spawn(process.execPath, ['commands/topics.ts'], {
        env: { ...process.env, EVENT_LOG_URL: cluster.url },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let output = ''
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk
        })
      }
      const [code] = await once(child, 'exit')
      return { code, output }
    }
    const ends = await Promise.all(Array.from({ length: 8 }, run))
    expect(ends.map(({ code, output }) => (code === 0 ? 0 : output))).toEqual(Array(8).fill(0))
    const names = await admin.listTopics()
    expect(topics.filter(({ name }) => !names.includes(name))).toEqual([])
    expect((await run()).output).toMatch(
      new RegExp(`^0 changes made, ${topics.length} topics as they should be`, 'm'),
    )
  })

  it('that exist are brought to retention, size and partitions, and keep what else was set', async () => {
    const manifest = aManifest({ partitions: 4 })
    const [topic, deadLetters] = manifest
    await admin.createTopics({
      topics: [
        {
          topic: topic.name,
          numPartitions: 1,
          replicationFactor: 1,
          configEntries: [
            { name: 'retention.ms', value: '60000' },
            { name: 'max.message.bytes', value: '1000' },
            { name: 'cleanup.policy', value: 'compact,delete' },
          ],
        },
        { topic: deadLetters.name, numPartitions: 3, replicationFactor: 1 },
      ],
    })
    const all = await Promise.all([apply(manifest), apply(manifest), apply(manifest)])
    expect(all[0]).toContain('set-retention')
    expect(await describeTopic(topic.name)).toMatchObject({
      partitions: 4,
      retentionMs: String(HOUR_MS),
      maxMessageBytes: recordLimit(topic.name) + 4_096,
      cleanup: 'compact,delete',
    })
    expect(await describeTopic(deadLetters.name)).toMatchObject({
      partitions: 3,
      retentionMs: String(HOUR_MS),
    })
    expect(await apply(manifest)).toEqual(['none', 'none'])
    // With one copy they have no leader while its broker is dead, and kafkajs then describes nothing.
    await admin.deleteTopics({ topics: manifest.map(({ name }) => name) })
  })

  it('say which topic and what was refused', async () => {
    const [topic, deadLetters] = aManifest()
    const never = { ...deadLetters, retentionMs: -5 }
    await expect(apply([topic, never])).rejects.toMatchObject({
      kind: 'Misconfigured',
      message: `Kafka does not make ${never.name}: Configuration is invalid`,
    })
    expect(await apply([topic, deadLetters])).toEqual(['none', 'create'])
    await expect(apply([topic, never])).rejects.toMatchObject({
      message: expect.stringMatching(/^event log: dlq\.test.*retention\.ms/),
    })
  })

  it('get no fewer copies for ever because one broker of three is dead', async () => {
    const manifest = aManifest()
    await cluster.broker('kill', 3)
    try {
      await expect
        .poll(() => admin.describeCluster(), SLOW)
        .toMatchObject({ brokers: { length: 2 } })
      expect(await apply(manifest)).toEqual(['create', 'create'])
    } finally {
      await cluster.broker('revive', 3)
    }
    const copies = async () => (await describeTopic(manifest[0].name)).replicas
    await expect.poll(copies, SLOW).toEqual(new Set([3]))
  })
})

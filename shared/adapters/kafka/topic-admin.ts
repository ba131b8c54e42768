import kafkajs, { type Admin } from 'kafkajs'
import { RECORD_LIMIT_BYTES } from '../../domain/record-size.ts'
import type { Topic } from '../../domain/topics.ts'
import type { TopicAdmin, TopicChange } from '../../ports/topic-admin.ts'
import { askKafka, kafkaErrorType } from './failure.ts'
import { kafkaClient, kafkaSettings, retry } from './settings.ts'

const TIMEOUT_MS = 30_000
/** An admin may wait: creating topics takes a busy cluster seconds. */
const REQUEST_TIMEOUT_MS = 10_000
/** What Kafka adds around a record that is alone in its batch; its length fields grow with it. */
const FRAMING_BYTES = 4_096
/** Kafka takes -1 for the broker's own default. */
const BROKER_DEFAULT = -1

/** Topics of a Kafka cluster, with the broker's own replication factor. */
export function kafkaTopicAdmin(url: string): TopicAdmin {
  const client = kafkaClient(kafkaSettings(url), {
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: retry(5),
  })
  const admin = client.admin()
  let connecting: Promise<void> | undefined

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    connecting ??= admin.connect()
    try {
      await askKafka(connecting, TIMEOUT_MS)
    } catch (error) {
      connecting = undefined
      throw error
    }
    return askKafka(work(), TIMEOUT_MS)
  }

  return {
    plan: (manifest) => ask(() => plan(admin, manifest)),

    apply: (manifest) =>
      ask(async () => {
        const changes = await plan(admin, manifest)
        const wanted = (change: TopicChange['change']) => {
          const names = new Set(
            changes.filter((one) => one.change === change).map(({ topic }) => topic),
          )
          return manifest.filter(({ name }) => names.has(name))
        }
        await create(admin, wanted('create'))
        await addPartitions(admin, wanted('add-partitions'))
        await setConfigs(admin, wanted('set-retention'))
        return changes
      }),

    close: () => admin.disconnect(),
  }
}

async function plan(admin: Admin, manifest: readonly Topic[]): Promise<readonly TopicChange[]> {
  const existing = new Set(await admin.listTopics())
  const known = manifest.filter(({ name }) => existing.has(name)).map(({ name }) => name)
  const [partitions, configs] =
    known.length === 0
      ? [new Map<string, number>(), new Map<string, TopicConfig>()]
      : await Promise.all([partitionCounts(admin, known), topicConfigs(admin, known)])
  return manifest.flatMap(({ name, partitions: count, retentionMs }): TopicChange[] => {
    const known = partitions.get(name)
    if (known === undefined) return [{ topic: name, change: 'create' }]
    const changes: TopicChange[] = []
    if (known < count) changes.push({ topic: name, change: 'add-partitions' })
    const config = configs.get(name)
    if (config?.retentionMs !== retentionMs || config.maxMessageBytes < MAX_MESSAGE_BYTES) {
      changes.push({ topic: name, change: 'set-retention' })
    }
    return changes.length > 0 ? changes : [{ topic: name, change: 'none' }]
  })
}

async function partitionCounts(admin: Admin, topics: string[]): Promise<Map<string, number>> {
  const answer = await admin.fetchTopicMetadata({ topics })
  return new Map(answer.topics.map(({ name, partitions }) => [name, partitions.length]))
}

type ConfigEntry = { name: string; value: string }

type TopicConfig = {
  retentionMs: number
  maxMessageBytes: number
  /** Everything that was set for this topic. */
  own: ConfigEntry[]
}

async function topicConfigs(admin: Admin, topics: string[]): Promise<Map<string, TopicConfig>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
    })),
  })
  return new Map(
    resources.map(({ resourceName, configEntries }) => {
      const value = (name: string) =>
        Number(configEntries.find(({ configName }) => configName === name)?.configValue)
      return [
        resourceName,
        {
          retentionMs: value('retention.ms'),
          maxMessageBytes: value('max.message.bytes'),
          own: configEntries
            .filter(({ configSource }) => configSource === kafkajs.ConfigSource.TOPIC_CONFIG)
            .map(({ configName, configValue }) => ({ name: configName, value: configValue })),
        },
      ]
    }),
  )
}

const MAX_MESSAGE_BYTES = RECORD_LIMIT_BYTES + FRAMING_BYTES

const configEntries = ({ retentionMs }: Topic) => [
  { name: 'retention.ms', value: String(retentionMs) },
  { name: 'max.message.bytes', value: String(MAX_MESSAGE_BYTES) },
]

async function create(admin: Admin, topics: readonly Topic[]): Promise<void> {
  for (const topic of topics) {
    const { name, partitions } = topic
    const config = {
      topic: name,
      numPartitions: partitions,
      replicationFactor: BROKER_DEFAULT,
      configEntries: configEntries(topic),
    }
    // One by one: kafkajs fails all of a request when one of them is there already.
    await admin.createTopics({ topics: [config], waitForLeaders: true })
  }
}

async function addPartitions(admin: Admin, topics: readonly Topic[]): Promise<void> {
  for (const { name, partitions } of topics) {
    try {
      await admin.createPartitions({ topicPartitions: [{ topic: name, count: partitions }] })
    } catch (error) {
      // Someone else added them since the plan was made.
      if (kafkaErrorType(error) !== 'INVALID_PARTITIONS') throw error
    }
  }
}

/** Kafka resets what is left out, so what else was set for a topic is said again. */
async function setConfigs(admin: Admin, topics: readonly Topic[]): Promise<void> {
  if (topics.length === 0) return
  const known = await topicConfigs(
    admin,
    topics.map(({ name }) => name),
  )
  await admin.alterConfigs({
    validateOnly: false,
    resources: topics.map((topic) => {
      const ours = configEntries(topic)
      const names = new Set(ours.map(({ name }) => name))
      const others = known.get(topic.name)?.own.filter(({ name }) => !names.has(name)) ?? []
      return {
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name: topic.name,
        configEntries: [...others, ...ours],
      }
    }),
  })
}

import { setTimeout as pause } from 'node:timers/promises'
import type { Admin } from 'kafkajs'
import type { Topic } from '../../domain/topics.ts'
import type { CloudAccess } from '../../ports/cloud-access.ts'
import type { TopicAdmin, TopicChange } from '../../ports/topic-admin.ts'
import { createTopics } from './create-topics.ts'
import { askKafka, kafkaErrorType, unavailable } from './failure.ts'
import { setConfigs } from './set-configs.ts'
import { kafkaClient, kafkaSettings, retry } from './settings.ts'
import { isAsWanted, topicConfigs, wantedEntries } from './topic-configs.ts'

const TIMEOUT_MS = 60_000
/** An admin may wait: creating topics takes a busy cluster seconds. */
const REQUEST_TIMEOUT_MS = 10_000
/** Brokers hear of a change one after the other; so long they may tell the old state, ms. */
const SETTLE_MS = 20_000
const SETTLE_PAUSE_MS = 200

/** Topics of a Kafka cluster. */
export function kafkaTopicAdmin(url: string, access?: CloudAccess): TopicAdmin {
  const settings = kafkaSettings(url, access)
  const client = kafkaClient(settings, { requestTimeout: REQUEST_TIMEOUT_MS, retry: retry(5) })
  const admin = client.admin()
  let connecting: Promise<void> | undefined

  async function ask<T>(work: () => Promise<T>): Promise<T> {
    connecting ??= admin.connect()
    try {
      await askKafka(connecting, TIMEOUT_MS, settings.refusals)
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
        if (changes.every(({ change }) => change === 'none')) return changes
        const wanted = (change: TopicChange['change']) => topicsOf(manifest, changes, change)
        await createTopics(admin, wanted('create'))
        await addPartitions(admin, wanted('add-partitions'))
        const toSet = wanted('set-retention')
        if (toSet.length > 0) {
          const entriesOf = (topic: Topic) => ({ topic: topic.name, entries: wantedEntries(topic) })
          await setConfigs(settings, toSet.map(entriesOf))
        }
        await settle(admin, manifest)
        return changes
      }),

    close: () => admin.disconnect(),
  }
}

function topicsOf(
  manifest: readonly Topic[],
  changes: readonly TopicChange[],
  change: TopicChange['change'],
): readonly Topic[] {
  const names = new Set(changes.filter((one) => one.change === change).map(({ topic }) => topic))
  return manifest.filter(({ name }) => names.has(name))
}

async function plan(admin: Admin, manifest: readonly Topic[]): Promise<readonly TopicChange[]> {
  const existing = new Set(await admin.listTopics())
  const known = manifest.filter(({ name }) => existing.has(name)).map(({ name }) => name)
  const [partitions, configs] =
    known.length === 0
      ? [new Map<string, number>(), new Map()]
      : await Promise.all([partitionCounts(admin, known), topicConfigs(admin, known)])
  return manifest.flatMap((topic): TopicChange[] => {
    const { name } = topic
    const count = partitions.get(name)
    if (count === undefined) return [{ topic: name, change: 'create' }]
    const changes: TopicChange[] = []
    if (count < topic.partitions) changes.push({ topic: name, change: 'add-partitions' })
    if (!isAsWanted(configs.get(name), topic))
      changes.push({ topic: name, change: 'set-retention' })
    return changes.length > 0 ? changes : [{ topic: name, change: 'none' }]
  })
}

async function partitionCounts(admin: Admin, topics: string[]): Promise<Map<string, number>> {
  const answer = await admin.fetchTopicMetadata({ topics })
  return new Map(answer.topics.map(({ name, partitions }) => [name, partitions.length]))
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

/** Waits until the topics are as wanted: what a broker only seemed to take must not pass for done. */
async function settle(admin: Admin, manifest: readonly Topic[]): Promise<void> {
  const deadline = performance.now() + SETTLE_MS
  for (;;) {
    const left = (await planOrNothing(admin, manifest)).filter(({ change }) => change !== 'none')
    if (left.length === 0) return
    if (performance.now() > deadline) {
      const [one] = left
      throw unavailable(`${one?.topic} is still not as asked for (${one?.change})`)
    }
    await pause(SETTLE_PAUSE_MS)
  }
}

/** A broker that has not heard of a new topic yet answers for all of them that there is none. */
async function planOrNothing(
  admin: Admin,
  manifest: readonly Topic[],
): Promise<readonly TopicChange[]> {
  try {
    return await plan(admin, manifest)
  } catch (error) {
    if (kafkaErrorType(error) !== 'UNKNOWN_TOPIC_OR_PARTITION') throw error
    return manifest.map(({ name }) => ({ topic: name, change: 'create' }))
  }
}

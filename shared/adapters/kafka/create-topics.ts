import kafkajs, { type Admin } from 'kafkajs'
import type { Topic } from '../../domain/topics.ts'
import { misconfigured } from './failure.ts'
import { ACKNOWLEDGED_BY_TWO, wantedEntries } from './topic-configs.ts'

/** More copies than three cost, and help little. */
const MOST_REPLICAS = 3
const ALONE = 1
/** Kafka takes -1 for the broker's own default. */
const BROKER_DEFAULT = -1

/** How topics are made: copies of each partition, and whether to say how many must acknowledge. */
type Manner = Readonly<{ replicas: number; sayInSync: boolean }>

/**
 * Makes topics, with a copy on each of three brokers where there are so many. Two may be all there
 * are, or those of three that are up: they say themselves how many copies they make, so that a topic
 * made during an upgrade does not have fewer for ever. A broker that lets nobody say how many copies
 * must acknowledge (MSK Serverless) is asked again without.
 *
 * @throws `Misconfigured` naming the topic that the brokers refuse
 */
export async function createTopics(admin: Admin, topics: readonly Topic[]): Promise<void> {
  if (topics.length === 0) return
  const { brokers } = await admin.describeCluster()
  let manner = mannerOf(brokers.length)
  let missing = topics
  for (;;) {
    const refused = await tryCreate(admin, missing, manner)
    if (refused.size === 0) return
    manner = easier(manner, refused)
    missing = missing.filter(({ name }) => refused.has(name))
  }
}

function mannerOf(brokers: number): Manner {
  if (brokers >= MOST_REPLICAS) return { replicas: MOST_REPLICAS, sayInSync: true }
  return { replicas: brokers === ALONE ? ALONE : BROKER_DEFAULT, sayInSync: false }
}

/** @throws `Misconfigured` when there is no easier manner */
function easier(manner: Manner, refused: ReadonlyMap<string, CreateError>): Manner {
  const errors = [...refused.values()]
  if (manner.sayInSync && errors.every(({ type }) => CONFIG_REFUSED.has(type))) {
    return { ...manner, sayInSync: false }
  }
  const [first] = errors
  throw misconfigured(`Kafka does not make ${first?.topic}: ${first?.message}`, first)
}

const CONFIG_REFUSED = new Set(['INVALID_CONFIG', 'POLICY_VIOLATION', 'INVALID_REQUEST'])

/** kafkajs's error of one topic of a request. */
type CreateError = Error & Readonly<{ type: string; topic: string }>

/** @returns what was refused, by topic. That a topic is there already is no refusal. */
async function tryCreate(
  admin: Admin,
  topics: readonly Topic[],
  { replicas, sayInSync }: Manner,
): Promise<ReadonlyMap<string, CreateError>> {
  try {
    await admin.createTopics({
      waitForLeaders: true,
      topics: topics.map((topic) => ({
        topic: topic.name,
        numPartitions: topic.partitions,
        replicationFactor: replicas,
        configEntries: [...wantedEntries(topic), ...(sayInSync ? [ACKNOWLEDGED_BY_TWO] : [])],
      })),
    })
    return new Map()
  } catch (error) {
    if (!(error instanceof kafkajs.KafkaJSAggregateError)) throw error
    // kafkajs types what it collects more loosely than it makes it.
    const errors = error.errors as unknown as readonly CreateError[]
    return new Map(
      errors
        .filter(({ type }) => type !== 'TOPIC_ALREADY_EXISTS')
        .map((each) => [each.topic, each] as const),
    )
  }
}

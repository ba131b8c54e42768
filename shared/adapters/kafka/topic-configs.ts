import kafkajs, { type Admin } from 'kafkajs'
import { recordLimit } from '../../domain/record-size.ts'
import type { Topic } from '../../domain/topics.ts'

/** What Kafka adds around a record that is alone in its batch; its length fields grow with it. */
const FRAMING_BYTES = 4_096

const largestMessage = ({ name }: Topic): number => recordLimit(name) + FRAMING_BYTES

/** What a topic keeps, and how large its records may be. */
export type TopicConfig = Readonly<{ retentionMs: number; maxMessageBytes: number }>

/** What each of these topics is set to. */
export async function topicConfigs(
  admin: Admin,
  topics: readonly string[],
): Promise<ReadonlyMap<string, TopicConfig>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ['retention.ms', 'max.message.bytes'],
    })),
  })
  return new Map(
    resources.map(({ resourceName, configEntries }) => {
      const value = (name: string) =>
        Number(configEntries.find(({ configName }) => configName === name)?.configValue)
      const config = {
        retentionMs: value('retention.ms'),
        maxMessageBytes: value('max.message.bytes'),
      }
      return [resourceName, config]
    }),
  )
}

/** Whether a topic keeps records as long as the manifest says, and takes the largest of ours. */
export function isAsWanted(config: TopicConfig | undefined, topic: Topic): boolean {
  return (
    config?.retentionMs === topic.retentionMs && config.maxMessageBytes >= largestMessage(topic)
  )
}

/** What has to be set for a topic. */
export const wantedEntries = (topic: Topic) => [
  { name: 'retention.ms', value: String(topic.retentionMs) },
  { name: 'max.message.bytes', value: String(largestMessage(topic)) },
]

/**
 * An acknowledgement by two brokers, where there are three: what was acknowledged is there when one
 * of them is gone. Not set by MSK Serverless, where it is always so.
 */
export const ACKNOWLEDGED_BY_TWO = { name: 'min.insync.replicas', value: '2' }

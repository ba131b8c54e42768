import { kafkaTopicAdmin } from '#shared/adapters/kafka/topic-admin.ts'
import { type Topic, topics } from '#shared/domain/topics.ts'
import type { Report } from './report.ts'

/** The Kafka that KAFKA_BROKERS names; undefined where it names none. */
export function givenKafka(): string | undefined {
  const brokers = process.env.KAFKA_BROKERS
  return brokers ? `kafka://${brokers}` : undefined
}

/** What is told instead of figures where there is no Kafka. */
export const WITHOUT_KAFKA: Report = {
  figures: [],
  notes: ['not judged: KAFKA_BROKERS names no Kafka to measure on'],
}

/** Makes the topics that intake appends to, and others. */
export async function makeTopics(url: string, others: readonly Topic[]): Promise<void> {
  const admin = kafkaTopicAdmin(url)
  await admin.apply([...topics, ...others]).finally(() => admin.close())
}

import type { CloudAccess } from '../../ports/cloud-access.ts'
import type { Consumption, EventConsumer, Subscription } from '../../ports/event-consumer.ts'
import { type KafkaCluster, kafkaCluster } from './cluster.ts'
import { kafkaErrorType } from './failure.ts'
import { startReading } from './group-reading.ts'
import { kafkaSettings } from './settings.ts'

/** Reads Kafka in consumer groups. */
export function kafkaEventConsumer(url: string, access?: CloudAccess): EventConsumer {
  const settings = kafkaSettings(url, access)
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

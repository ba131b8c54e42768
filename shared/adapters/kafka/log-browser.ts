import { Failure } from '../../errors.ts'
import type { CloudAccess } from '../../ports/cloud-access.ts'
import type { Lag, LogBrowser, PartitionBounds } from '../../ports/log-browser.ts'
import { type GroupPosition, kafkaCluster } from './cluster.ts'
import { askKafka } from './failure.ts'
import { kafkaClient, kafkaSettings } from './settings.ts'

const TIMEOUT_MS = 8_000

/** Looks at a Kafka's topics and groups. */
export function kafkaLogBrowser(url: string, access?: CloudAccess): LogBrowser {
  const settings = kafkaSettings(url, access)
  const cluster = kafkaCluster(settings)
  const admin = kafkaClient(settings).admin()
  let connecting: Promise<void> | undefined

  async function groups(): Promise<readonly string[]> {
    connecting ??= admin.connect()
    try {
      await askKafka(connecting, TIMEOUT_MS, settings.refusals)
      const { groups } = await askKafka(admin.listGroups(), TIMEOUT_MS)
      return groups.map(({ groupId }) => groupId)
    } catch (error) {
      connecting = undefined
      throw error
    }
  }

  async function lagOf(
    group: string,
    { topic, partition, position: kept }: GroupPosition,
    bounds: readonly PartitionBounds[],
    now: Date,
  ): Promise<Lag> {
    const { first = 0, end = kept } = bounds.find((one) => one.partition === partition) ?? {}
    const position = Math.max(kept, first)
    const [oldest] = position < end ? await cluster.read(topic, partition, position) : []
    const oldestUnreadMs = oldest ? Math.max(0, now.getTime() - oldest.timestamp) : 0
    return { group, topic, partition, position, end, oldestUnreadMs }
  }

  return {
    async lag(now) {
      const bounds = new Map<string, Promise<readonly PartitionBounds[]>>()
      const boundsOf = (topic: string) => {
        const known = bounds.get(topic) ?? cluster.bounds(topic)
        bounds.set(topic, known)
        return known
      }
      const lags: Lag[] = []
      for (const group of await groups()) {
        for (const position of await cluster.positions(group)) {
          lags.push(await lagOf(group, position, await boundsOf(position.topic), now))
        }
      }
      return lags
    },

    async read(topic, partition, from, limit) {
      const bounds = (await cluster.bounds(topic)).find((one) => one.partition === partition)
      if (!bounds) throw new Failure('NotFound', `topic ${topic} has no partition ${partition}`)
      const start = Math.max(from, bounds.first)
      // A fetch at the end waits, and one beyond it fails.
      if (limit < 1 || start >= bounds.end) return []
      return (await cluster.read(topic, partition, start)).slice(0, limit)
    },

    bounds: (topic) => cluster.bounds(topic),

    async close() {
      await Promise.all([cluster.close(), admin.disconnect()])
    },
  }
}

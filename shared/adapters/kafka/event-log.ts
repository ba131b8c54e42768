import { performance } from 'node:perf_hooks'
import { groupCommit } from '../../domain/group-commit.ts'
import { partitioner } from '../../domain/key-partition.ts'
import { recordLimit, recordWeight } from '../../domain/record-size.ts'
import { topicLayout } from '../../domain/topic-layout.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log } from '../../log.ts'
import type { CloudAccess } from '../../ports/cloud-access.ts'
import type { EventLog, NewRecord, Position } from '../../ports/event-log.ts'
import { askKafka, MAKE_TOPICS, unavailable } from './failure.ts'
import { kafkaProducer, type PlacedRecord, partitionName } from './producer.ts'
import { kafkaClient, kafkaSettings } from './settings.ts'

/** The port promises an answer within 4 s; the rest is for what a busy event loop adds. */
const DEADLINE_MS = 3_700
const MAX_GROUP_RECORDS = 5_000
/** About as long as those who were answered take to come again: a request costs the same for all. */
const GATHER_MS = 2
const MAX_GROUP_BYTES = 8 * 1_048_576
const MAX_PENDING_BYTES = 64 * 1_048_576
/** What one request brings to one partition is one batch, and `max.message.bytes` bounds it. */
const MAX_PARTITION_BYTES = 900_000

/** Appends to Kafka, acknowledged by all in-sync replicas, concurrent appends in one request. */
export function kafkaEventLog(url: string, access?: CloudAccess): EventLog {
  const settings = kafkaSettings(url, access)
  const now = () => performance.now()
  const producer = kafkaProducer(settings, now)
  const layout = topicLayout(readTopics, now)
  const choose = partitioner(Math.random)
  let closed = false

  const group = groupCommit<PlacedRecord, Position>({
    send,
    now,
    deadlineMs: DEADLINE_MS,
    maxItems: MAX_GROUP_RECORDS,
    gatherMs: GATHER_MS,
    maxBytes: MAX_GROUP_BYTES,
    maxPendingBytes: MAX_PENDING_BYTES,
    // A topic that others made may take less than ours.
    concernsOne: (error) =>
      error instanceof Failure && (error.kind === 'TooLarge' || error.kind === 'NotFound'),
    unavailable: (why) => unavailable(why),
  })

  async function send(placed: readonly PlacedRecord[], timeLeftMs: number) {
    const deadline = now() + timeLeftMs
    const positions: Position[] = []
    for (const request of toRequests(placed)) {
      const next = new Map(
        await producer.send(request, deadline - now()).catch(async (error: unknown) => {
          throw await namingTopic(error, request, deadline - now())
        }),
      )
      for (const { record, partition } of request) {
        const name = partitionName(record.topic, partition)
        const offset = next.get(name) ?? 0
        next.set(name, offset + 1)
        positions.push({ topic: record.topic, partition, offset })
      }
    }
    return positions
  }

  /** Of a topic that is gone since it was last seen, Kafka does not say which one it is. */
  async function namingTopic(error: unknown, sent: readonly PlacedRecord[], timeLeftMs: number) {
    if (!(error instanceof Failure) || error.kind !== 'NotFound') return error
    const known = await askKafka(layout.refresh(), timeLeftMs).then(
      () => true,
      () => false,
    )
    const gone = sent.find(({ record }) => !layout.find(record.topic))
    return known && gone ? missing(gone.record.topic) : error
  }

  async function readTopics(): Promise<ReadonlyMap<string, number>> {
    const refusal = settings.refusals?.current()
    if (refusal) throw refusal
    const admin = kafkaClient(settings).admin()
    try {
      const answer = admin.connect().then(() => admin.fetchTopicMetadata())
      const { topics } = await askKafka(answer, DEADLINE_MS, settings.refusals)
      return new Map(topics.map(({ name, partitions }) => [name, partitions.length]))
    } finally {
      admin.disconnect().catch((error: unknown) => {
        log('debug', 'kafka.admin-not-closed', errorFields(error))
      })
    }
  }

  async function learn(records: readonly NewRecord[]): Promise<void> {
    await layout.refresh()
    for (const { topic } of records) {
      if (!layout.find(topic)) throw missing(topic)
    }
  }

  return {
    async append(records, { timeoutMs = DEADLINE_MS } = {}) {
      if (closed) throw unavailable('the log is closed')
      if (records.length === 0) return []
      // Who has less time than the log takes at most begins late, as it were.
      const started = now() - Math.max(0, DEADLINE_MS - timeoutMs)
      const sizes = records.map(checkedSize)
      if (records.some(({ topic }) => !layout.find(topic))) {
        await askKafka(learn(records), DEADLINE_MS - (now() - started))
      } else if (layout.isOld()) {
        learn([]).catch((error: unknown) => log('warn', 'log.layout-unread', errorFields(error)))
      }
      const placed = records.map((record, nr) => ({
        record,
        partition: choose(record.topic, record.key, layout.find(record.topic) ?? 1),
        bytes: sizes[nr] as number,
      }))
      const bytes = sizes.reduce((sum, size) => sum + size, 0)
      return group.add(placed, bytes, now() - started)
    },

    async close() {
      closed = true
      await group.idle()
      await producer.close()
    },
  }
}

function missing(topic: string): Failure {
  return new Failure('NotFound', `topic ${topic} does not exist ${MAKE_TOPICS}`)
}

/** Cuts records, in order, where a partition's part would become too large for one request. */
function toRequests(placed: readonly PlacedRecord[]): PlacedRecord[][] {
  const requests: PlacedRecord[][] = []
  let request: PlacedRecord[] = []
  let bytes = new Map<string, number>()
  for (const one of placed) {
    const name = partitionName(one.record.topic, one.partition)
    const before = bytes.get(name) ?? 0
    if (before > 0 && before + one.bytes > MAX_PARTITION_BYTES) {
      requests.push(request)
      request = []
      bytes = new Map()
    }
    request.push(one)
    bytes.set(name, (bytes.get(name) ?? 0) + one.bytes)
  }
  requests.push(request)
  return requests
}

/** About what a record weighs. @throws `TooLarge` */
function checkedSize(record: NewRecord): number {
  const bytes = recordWeight(record)
  const limit = recordLimit(record.topic)
  if (bytes <= limit) return bytes
  throw new Failure('TooLarge', `a record of ${bytes} bytes; the log takes up to ${limit}`)
}

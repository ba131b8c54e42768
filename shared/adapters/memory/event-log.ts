import { headerValue } from '../../domain/events/trigger.ts'
import { partitioner } from '../../domain/key-partition.ts'
import { recordLimit, recordWeight } from '../../domain/record-size.ts'
import type { Topic } from '../../domain/topics.ts'
import { Failure } from '../../errors.ts'
import type { EventLog, Headers, LogRecord, NewRecord, Position } from '../../ports/event-log.ts'
import type { LogBrowser } from '../../ports/log-browser.ts'
import type { TopicAdmin, TopicChange } from '../../ports/topic-admin.ts'

/** One consumer group's place in one topic. */
export type MemoryGroup = { group: string; topic: string; positions: number[] }

/** A log in memory, for tests: every port opened on one of these sees the same records. */
export type MemoryLog = Readonly<{
  /** Partitions by topic, each with its records. */
  topics: Map<string, LogRecord[][]>
  retentions: Map<string, number>
  groups: Map<string, MemoryGroup>
  /** Called after each append. */
  listeners: Set<() => void>
}>

/** A new log with the topics of a manifest. */
export function memoryLog(manifest: readonly Topic[] = []): MemoryLog {
  const memory = {
    topics: new Map<string, LogRecord[][]>(),
    retentions: new Map<string, number>(),
    groups: new Map<string, MemoryGroup>(),
    listeners: new Set<() => void>(),
  }
  for (const topic of manifest) {
    memory.topics.set(topic.name, emptyPartitions(topic.partitions))
    memory.retentions.set(topic.name, topic.retentionMs)
  }
  return memory
}

export function memoryEventLog(memory: MemoryLog, now: () => Date = () => new Date()): EventLog {
  const choose = partitioner(Math.random)

  function store(record: NewRecord, partitions: LogRecord[][]): Position {
    const { topic, key } = record
    const partition = choose(topic, key, partitions.length)
    const records = partitions[partition] as LogRecord[]
    const offset = records.length
    const headers = copyHeaders(record.headers)
    const value = record.value && Buffer.from(record.value)
    records.push({ topic, key, value, headers, partition, offset, timestamp: now().getTime() })
    return { topic, partition, offset }
  }

  return {
    async append(records) {
      const places = records.map((record) => {
        const limit = recordLimit(record.topic)
        if (recordWeight(record) > limit) {
          throw new Failure('TooLarge', `a record takes more than ${limit} bytes`)
        }
        return partitionsOf(memory, record.topic)
      })
      const positions = records.map((record, nr) => store(record, places[nr] as LogRecord[][]))
      for (const listener of memory.listeners) listener()
      return positions
    },
    close: async () => undefined,
  }
}

export function memoryLogBrowser(memory: MemoryLog): LogBrowser {
  return {
    async lag(now) {
      return [...memory.groups.values()].flatMap(({ group, topic, positions }) =>
        positions.map((position, partition) => {
          const records = memory.topics.get(topic)?.[partition] ?? []
          const unread = records[position]
          const oldestUnreadMs = unread ? Math.max(0, now.getTime() - unread.timestamp) : 0
          return { group, topic, partition, position, end: records.length, oldestUnreadMs }
        }),
      )
    },
    async read(topic, partition, from, limit) {
      const records = partitionsOf(memory, topic)[partition]
      if (!records) throw new Failure('NotFound', `topic ${topic} has no partition ${partition}`)
      return records.slice(from, from + limit)
    },
    async bounds(topic) {
      return partitionsOf(memory, topic).map((records, partition) => ({
        partition,
        first: 0,
        end: records.length,
      }))
    },
    close: async () => undefined,
  }
}

export function memoryTopicAdmin(memory: MemoryLog): TopicAdmin {
  const { topics, retentions } = memory
  const changesOf = ({ name, partitions, retentionMs }: Topic): TopicChange[] => {
    const known = topics.get(name)
    if (!known) return [{ topic: name, change: 'create' }]
    const changes: TopicChange[] = []
    if (known.length < partitions) changes.push({ topic: name, change: 'add-partitions' })
    if (retentions.get(name) !== retentionMs) changes.push({ topic: name, change: 'set-retention' })
    return changes.length > 0 ? changes : [{ topic: name, change: 'none' }]
  }
  return {
    plan: async (manifest) => manifest.flatMap(changesOf),
    async apply(manifest) {
      const changes = manifest.flatMap(changesOf)
      for (const { name, partitions, retentionMs } of manifest) {
        const known = topics.get(name) ?? []
        topics.set(name, known.concat(emptyPartitions(partitions - known.length)))
        retentions.set(name, retentionMs)
      }
      for (const listener of memory.listeners) listener()
      return changes
    },
    close: async () => undefined,
  }
}

/** @throws `NotFound` */
export function partitionsOf(memory: MemoryLog, topic: string): LogRecord[][] {
  const partitions = memory.topics.get(topic)
  if (!partitions) throw new Failure('NotFound', `topic ${topic} does not exist`)
  return partitions
}

function emptyPartitions(count: number): LogRecord[][] {
  return Array.from({ length: Math.max(0, count) }, () => [])
}

function copyHeaders(headers: Headers): Headers {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : headerValue(Buffer.from(value)),
    ]),
  )
}

import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '../../domain/backoff.ts'
import { errorFields, log } from '../../log.ts'
import type { BatchHandler, EventConsumer, Subscription } from '../../ports/event-consumer.ts'
import type { LogRecord } from '../../ports/event-log.ts'
import { type MemoryGroup, type MemoryLog, partitionsOf } from './event-log.ts'

/** Who reads which partition, over all consumers of one log. */
const coordinators = new WeakMap<MemoryGroup, Member[]>()

type Member = {
  subscription: Subscription
  handle: BatchHandler
  wake: Set<() => void>
  stopping: boolean
  loops: Set<Promise<void>>
  /** Partitions with a batch in flight: another member waits for its end. */
  busy: Set<number>
}

/** Reads a log in memory in consumer groups; positions live as long as the log. */
export function memoryEventConsumer(memory: MemoryLog): EventConsumer {
  const stops = new Set<() => Promise<void>>()

  return {
    async consume(subscription, handle) {
      const group = join(memory, subscription)
      const member: Member = {
        ...{ subscription, handle, wake: new Set(), stopping: false },
        ...{ loops: new Set(), busy: new Set() },
      }
      const members = coordinators.get(group) ?? []
      coordinators.set(group, members)
      members.push(member)
      const listener = () => {
        startMissing()
        for (const wake of member.wake) wake()
      }
      const partitions = new Set<number>()
      function startMissing(): void {
        for (let one = 0; one < partitionsOf(memory, subscription.topic).length; one++) {
          if (partitions.has(one)) continue
          partitions.add(one)
          group.positions[one] ??= 0
          member.loops.add(readPartition(memory, group, member, one))
        }
      }
      memory.listeners.add(listener)
      startMissing()

      async function stop(): Promise<void> {
        member.stopping = true
        for (const wake of member.wake) wake()
        await Promise.all(member.loops)
        const at = members.indexOf(member)
        if (at >= 0) members.splice(at, 1)
        memory.listeners.delete(listener)
        stops.delete(stop)
        for (const other of memory.listeners) other()
      }
      stops.add(stop)
      return { stop }
    },
    async close() {
      await Promise.all([...stops].map((stop) => stop()))
    },
  }
}

function join(memory: MemoryLog, { group, topic, startingPosition }: Subscription): MemoryGroup {
  const partitions = partitionsOf(memory, topic)
  const name = JSON.stringify([group, topic])
  const known = memory.groups.get(name)
  if (known) return known
  const positions = partitions.map(({ length }) => (startingPosition === 'latest' ? length : 0))
  const joined = { group, topic, positions }
  memory.groups.set(name, joined)
  return joined
}

async function readPartition(
  memory: MemoryLog,
  group: MemoryGroup,
  member: Member,
  partition: number,
): Promise<void> {
  const { topic, maxRecords, maxWaitMs } = member.subscription
  let failures = 0
  while (!member.stopping) {
    const position = group.positions[partition] ?? 0
    const waiting = () => available(memory, topic, partition, position).length
    if (!isOwner(group, member, partition) || waiting() === 0) {
      await nextChange(member)
      continue
    }
    if (maxWaitMs > 0 && waiting() < maxRecords) await nextChange(member, maxWaitMs)
    if (member.stopping) return
    const records = available(memory, topic, partition, position).slice(0, maxRecords)
    member.busy.add(partition)
    const next = await handled(member, { topic, partition, records })
    member.busy.delete(partition)
    group.positions[partition] = next
    failures = next > position ? 0 : failures + 1
    if (failures > 0) await pause(backoffMs(failures, Math.random(), { leastMs: 10 }))
  }
}

/** Where to go on: what the handler answered, or the batch's beginning when it failed. */
async function handled(
  member: Member,
  batch: Readonly<{ topic: string; partition: number; records: readonly LogRecord[] }>,
): Promise<number> {
  const from = batch.records[0]?.offset ?? 0
  try {
    const next = await member.handle(batch, new AbortController().signal)
    if (next >= from && next <= from + batch.records.length) return next
    throw new RangeError(`the handler answered ${next} for a batch from ${from}`)
  } catch (error) {
    log('warn', 'log.batch-failed', { topic: batch.topic, ...errorFields(error) })
    return from
  }
}

/** Members take turns over the partitions; one that still works on it is waited for. */
function isOwner(group: MemoryGroup, member: Member, partition: number): boolean {
  const members = coordinators.get(group) ?? []
  if (members.some((other) => other !== member && other.busy.has(partition))) return false
  return members[partition % members.length] === member
}

function available(memory: MemoryLog, topic: string, partition: number, position: number) {
  return memory.topics.get(topic)?.[partition]?.slice(position) ?? []
}

/** Every change of the log wakes, and so does a while: a batch that ended elsewhere is no change. */
async function nextChange(member: Member, timeoutMs = 50): Promise<void> {
  await new Promise<void>((done) => {
    const wake = () => {
      clearTimeout(timer)
      member.wake.delete(wake)
      done()
    }
    const timer = setTimeout(wake, timeoutMs)
    member.wake.add(wake)
  })
}

import { randomUUID } from 'node:crypto'
import { decideShare } from '../../domain/partition-share.ts'
import { errorFields, log } from '../../log.ts'
import type { BatchHandler, Subscription } from '../../ports/event-consumer.ts'
import type { Claim, Member, MemberPartition } from './log-membership.ts'
import { type PartitionReader, partitionReader } from './log-reader.ts'
import type { LogRequests } from './log-requests.ts'
import type { Span } from './log-slices.ts'

/** One subscription of a process: the member that it is, and the partitions that it reads. */
export type GroupMember = Readonly<{
  member: Member
  /** Something was appended. */
  hear(span: Span): void
  /** Brings what it reads in line with what is its own, and answers what it wants besides. */
  follow(partitions: readonly MemberPartition[]): readonly Claim[]
  /** Reads a partition that it got. */
  start(partition: MemberPartition): void
  /** Takes no new batch or partition, and resolves when those in flight are done. */
  stop(): Promise<void>
}>

type MemberOptions = Readonly<{
  subscription: Subscription
  handle: BatchHandler
  requests: LogRequests
  /** Gives partitions back to the group. */
  release(claims: readonly Claim[]): Promise<void>
}>

export function groupMember(options: MemberOptions): GroupMember {
  const { subscription, handle, requests, release } = options
  const { group, topic, startingPosition, maxRecords } = subscription
  const id = randomUUID()
  const readers = new Map<number, PartitionReader>()
  /** Partitions on their way back. */
  const releasing = new Set<number>()
  let stopping = false

  function start({ partition, partitionId, position, end }: MemberPartition): void {
    if (stopping) return
    const claim = { member: id, group, partitionId }
    const reader = partitionReader({
      ...{ subscription, partition, partitionId, position, end, handle },
      fetch: (from) => requests.fetch({ topic, partition, partitionId, from, records: maxRecords }),
      keep: (done) => requests.keep({ ...claim, position: done }),
      onLost() {
        log('warn', 'log.lease-lost', { group, topic, partition })
        lose(partitionId, reader)
      },
    })
    readers.set(partitionId, reader)
  }

  function lose(partitionId: number, reader: PartitionReader): void {
    reader.lose()
    if (readers.get(partitionId) === reader) readers.delete(partitionId)
  }

  function keepUp(partition: MemberPartition): void {
    const { partitionId, owner, end, first } = partition
    const reader = readers.get(partitionId)
    if (owner !== id) {
      if (reader) lose(partitionId, reader)
    } else if (reader) reader.know(end, first)
    // Ours, though the answer to the claim got lost.
    else if (!releasing.has(partitionId)) start(partition)
  }

  async function giveBack(ids: readonly number[]): Promise<void> {
    for (const partitionId of ids) releasing.add(partitionId)
    try {
      await Promise.all(ids.map((partitionId) => readers.get(partitionId)?.stop()))
      for (const partitionId of ids) readers.delete(partitionId)
      await release(ids.map((partitionId) => ({ member: id, group, partitionId })))
    } catch (error) {
      // The next renewal finds them ours and unread, and tries again.
      log('warn', 'log.partitions-not-released', { group, ...errorFields(error) })
    } finally {
      for (const partitionId of ids) releasing.delete(partitionId)
    }
  }

  return {
    member: { id, group, topic, startingPosition },
    hear: ({ id: partitionId, next }) => readers.get(partitionId)?.know(next),

    follow(partitions) {
      const [standing] = partitions
      if (!standing || stopping) return []
      partitions.forEach(keepUp)
      const views = partitions.map(({ partitionId, owner }) => ({ id: partitionId, owner }))
      const { claim, release: surplus } = decideShare(views, { ...standing, member: id })
      const fresh = surplus.filter((partitionId) => !releasing.has(partitionId))
      if (fresh.length > 0) void giveBack(fresh)
      return claim
        .filter((partitionId) => !releasing.has(partitionId))
        .map((partitionId) => ({ member: id, group, partitionId }))
    },

    start,

    async stop() {
      stopping = true
      await Promise.all([...readers.values()].map((reader) => reader.stop()))
    },
  }
}

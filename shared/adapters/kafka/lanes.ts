import type { KafkaMessage } from 'kafkajs'
import type { BatchHandler, Subscription } from '../../ports/event-consumer.ts'
import { type PartitionLane, partitionLane, type Standing } from './partition-lane.ts'
import type { KeepPosition } from './position-keeper.ts'
import { newTerm } from './term.ts'

/** What one fetch brought of a partition. */
export type Fetched = Readonly<{
  /** The offset that was asked for, and the one to ask for next. */
  from: number
  next: number
  messages: readonly KafkaMessage[]
}>

/** The member that reads, as far as lanes need it. */
export type Member = Readonly<{
  keep: KeepPosition
  /** Fetches a partition no more for a while, or again. */
  flow: (partition: number, paused: boolean) => void
  /** Makes the next fetch of a partition begin elsewhere. */
  seek: (partition: number, offset: number) => void
  heartbeat: () => Promise<void>
}>

/** The lanes of one subscription over all that happens to its membership. */
export type Lanes = Readonly<{
  isOpen(): boolean
  /** Waits until a partition may be fetched again, or its fetching is paused. */
  room(partition: number): Promise<void>
  /** Takes what a fetch brought; false when it is not wanted, and has to be fetched again. */
  add(member: Member, partition: number, fetched: Fetched): boolean
  /** Before a group shares out anew: ends what is in flight, keeping the membership alive. */
  settle(): Promise<void>
  /** The group has shared out. */
  open(memberId: string, partitions: readonly number[]): void
  /** The membership is over, and whoever has the partitions now may have begun. */
  lose(): void
  /** For good. */
  close(): Promise<void>
}>

/** What became of a partition in the terms before. */
type Past = Readonly<{ ended: Promise<void>; standing: Standing }>

const noHeartbeat = async (): Promise<void> => undefined

/**
 * Keeps each partition's batches in a lane of its own, so that none waits for another's handler.
 *
 * A group shares out its partitions in terms. A batch in flight when a term ends is waited for, up to
 * `settleMs`: only then the member joins again, so its successor begins behind that batch and not
 * beside it. What takes longer is given up: it runs to its end, but no position of it is kept.
 */
export function lanes(subscription: Subscription, handle: BatchHandler, settleMs: number): Lanes {
  let assigned: ReadonlySet<number> = new Set()
  let term = newTerm()
  const past = new Map<number, Past>()
  /** Partitions whose last fetch did not begin where it had to. */
  const doubted = new Set<number>()
  let isOpen = false
  let isClosed = false
  let memberId: string | undefined
  let heartbeat = noHeartbeat

  function add(member: Member, partition: number, { from, next, messages }: Fetched): boolean {
    if (!isOpen || !assigned.has(partition)) return false
    heartbeat = member.heartbeat
    const lane = term.lanes.get(partition) ?? newLane(member, partition)
    const expected = lane.next()
    // A fetch of an earlier term may come in late: no record may be left out or come twice for it.
    // Where Kafka has the offset no more, the second fetch begins elsewhere, too.
    if (expected !== undefined && from !== expected && !doubted.has(partition)) {
      doubted.add(partition)
      member.seek(partition, expected)
      return false
    }
    doubted.delete(partition)
    lane.add(messages, from, next)
    return true
  }

  function newLane(member: Member, partition: number): PartitionLane {
    const { ended, standing = {} } = past.get(partition) ?? {}
    const lane = partitionLane({
      ...{ subscription, partition, handle, keep: member.keep, after: ended, begin: standing },
      flow(paused) {
        if (isOpen && term.lanes.get(partition) === lane) member.flow(partition, paused)
      },
    })
    term.lanes.set(partition, lane)
    return lane
  }

  function end(): Promise<unknown> {
    isOpen = false
    return term.end()
  }

  function lose(): void {
    void end()
    term.abandon()
    heartbeat = noHeartbeat
  }

  function open(id: string, partitions: readonly number[]): void {
    // Joins may overlap, and then the lanes of the first have not been settled.
    lose()
    for (const [partition, lane] of term.lanes) {
      past.set(partition, { ended: lane.ended, standing: lane.standing() })
    }
    for (const [partition, { ended }] of past) {
      // Whoever stayed a member and keeps a partition knows where it stands.
      if (id === memberId && partitions.includes(partition)) continue
      past.set(partition, { ended, standing: {} })
    }
    assigned = new Set(partitions)
    term = newTerm()
    doubted.clear()
    memberId = id
    isOpen = !isClosed
  }

  return {
    isOpen: () => isOpen,
    room: async (partition) => term.lanes.get(partition)?.room(),
    add,
    settle() {
      isOpen = false
      return term.settle(() => heartbeat(), settleMs)
    },
    open,
    lose,
    async close() {
      isClosed = true
      await end()
    },
  }
}

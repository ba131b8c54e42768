import { setTimeout as pause } from 'node:timers/promises'
import { kafkaErrorType } from './failure.ts'
import type { PartitionLane } from './partition-lane.ts'

/** The lanes of a member's partitions from one sharing out of its group to the next. */
export type Term = Readonly<{
  lanes: Map<number, PartitionLane>
  /** Begins nothing new. Ends when nothing is in flight any more. */
  end(): Promise<unknown>
  /** No position is kept any more, whatever becomes of what is in flight. */
  abandon(): void
  /** Ends within `settleMs`, with heartbeats meanwhile; what takes longer is abandoned. */
  settle(heartbeat: () => Promise<void>, settleMs: number): Promise<void>
}>

const HEARTBEAT_MS = 1_000

export function newTerm(): Term {
  const lanes: Term['lanes'] = new Map()
  let isAbandoned = false

  function end(): Promise<unknown> {
    for (const lane of lanes.values()) lane.close()
    return Promise.all([...lanes.values()].map(({ ended }) => ended))
  }

  function abandon(): void {
    isAbandoned = true
    for (const lane of lanes.values()) lane.abandon()
  }

  async function stayMember(heartbeat: () => Promise<void>): Promise<void> {
    try {
      await heartbeat()
    } catch (error) {
      // Anything else is noticed by whoever joins next.
      if (kafkaErrorType(error) === 'UNKNOWN_MEMBER_ID') abandon()
    }
  }

  return {
    lanes,
    end,
    abandon,
    async settle(heartbeat, settleMs) {
      let isSettled = false
      const ending = end().then(() => {
        isSettled = true
      })
      const deadline = performance.now() + settleMs
      while (!isSettled && !isAbandoned && performance.now() < deadline) {
        const beat = new AbortController()
        const leftMs = Math.min(HEARTBEAT_MS, deadline - performance.now())
        const nextBeat = pause(leftMs, undefined, { signal: beat.signal })
        await Promise.race([ending, nextBeat.catch(() => undefined)])
        beat.abort()
        // Not waited for: a coordinator that is gone must not hold up what comes next.
        if (!isSettled) void stayMember(heartbeat)
      }
      if (!isSettled) abandon()
    },
  }
}

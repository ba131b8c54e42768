import { randomUUID } from 'node:crypto'
import { fromSpillMessage, type SpillMessage, toSpillMessages } from '../../domain/spill/message.ts'
import { Failure } from '../../errors.ts'
import type { Spill, SpillOutlet } from '../../ports/spill.ts'

/** A message that lies in a spill in memory. */
export type MemorySpillMessage = SpillMessage & { handle: string; postponedS: number }

/** A spill in memory, for tests, with everything that lies in it. */
export type MemorySpill = Spill & SpillOutlet & Readonly<{ messages: MemorySpillMessage[] }>

export function memorySpill(): MemorySpill {
  const messages: MemorySpillMessage[] = []
  let closed = false
  return {
    messages,
    async put(records) {
      if (closed) throw new Failure('Unavailable', 'the spill is closed')
      for (const message of toSpillMessages(records)) {
        messages.push({ ...message, handle: randomUUID(), postponedS: 0 })
      }
    },
    async read(body) {
      const records = fromSpillMessage(body)
      if (!records) throw new Failure('Malformed', 'this is no message of a spill')
      return records
    },
    async postpone(receiptHandles, seconds) {
      for (const message of messages) {
        if (receiptHandles.includes(message.handle)) message.postponedS = seconds
      }
    },
    async close() {
      closed = true
    },
  }
}

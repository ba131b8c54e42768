import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { threadId } from 'node:worker_threads'
import { groupCommit } from '../../domain/group-commit.ts'
import { recordWeight } from '../../domain/record-size.ts'
import { fromSpillMessage, toSpillMessages } from '../../domain/spill/message.ts'
import { Failure } from '../../errors.ts'
import type { NewRecord } from '../../ports/event-log.ts'
import type { Spill, SpillOutlet } from '../../ports/spill.ts'
import { writeDurably } from './durable-file.ts'
import { SPILL_ENDING, toSpillFile } from './spill-file.ts'

const DEADLINE_MS = 10_000
const MAX_GROUP_RECORDS = 2_000
const MAX_GROUP_BYTES = 8 * 1_048_576
const MAX_PENDING_BYTES = 64 * 1_048_576

/**
 * Spills into a folder, for places on one machine: concurrent puts go into one file and one sync. Any
 * number of processes may write; names follow the time.
 */
export function fileSpill(url: string): Spill {
  const folder = resolve(fileURLToPath(url))
  const nextName = fileNames(`${process.pid}-${threadId}`)

  const group = groupCommit<NewRecord, undefined>({
    send,
    now: () => performance.now(),
    deadlineMs: DEADLINE_MS,
    maxItems: MAX_GROUP_RECORDS,
    maxBytes: MAX_GROUP_BYTES,
    maxPendingBytes: MAX_PENDING_BYTES,
    unavailable: (why) => unavailable(why),
  })

  async function send(records: readonly NewRecord[], timeLeftMs: number) {
    const name = nextName(Date.now()) + SPILL_ENDING
    const content = toSpillFile(toSpillMessages(records))
    await withinTime(timeLeftMs, writeDurably(folder, name, content))
    return records.map(() => undefined)
  }

  return {
    async put(records, { timeoutMs }) {
      if (records.length === 0) return
      const bytes = records.reduce((sum, record) => sum + recordWeight(record), 0)
      await group.add(records, bytes, DEADLINE_MS - timeoutMs)
    },
    close: () => group.idle(),
  }
}

/** Messages of a folder carry their records; when they come again, the folder's reader decides. */
export function fileSpillOutlet(): SpillOutlet {
  return {
    async read(body) {
      const records = fromSpillMessage(body)
      if (!records) throw new Failure('Malformed', 'this is no message of a spill')
      return records
    },
    postpone: async () => undefined,
  }
}

/** Names that sort in the order in which they were given, also when the clock is put back. */
function fileNames(writer: string): (nowMs: number) => string {
  let last = 0
  return (nowMs) => {
    last = Math.max(last + 1, nowMs * 1_000)
    return `${String(last).padStart(17, '0')}-${writer}`
  }
}

/** A disk that hangs must not make its callers hang. */
async function withinTime(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const fail = () => reject(unavailable(`the disk took more than ${Math.round(ms)} ms`))
    timer = setTimeout(fail, ms)
  })
  try {
    await Promise.race([work, late])
  } catch (error) {
    throw error instanceof Failure ? error : unavailable((error as Error).message, error)
  } finally {
    clearTimeout(timer)
  }
}

function unavailable(why: string, cause?: unknown): Failure {
  return new Failure('Unavailable', `spill: ${why}`, { cause })
}

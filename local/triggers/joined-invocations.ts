import type { LogRecord } from '#shared/ports/event-log.ts'
import type { Outcome } from '../lambda/outcome.ts'
import { withinPayload } from './payload.ts'

type Invoke = (records: readonly LogRecord[]) => Promise<Outcome>
type Waiting = Readonly<{ records: readonly LogRecord[]; settle: (outcome: Outcome) => void }>

/**
 * From one invocation's start to the next one's: twice as long as it took, within these bounds. An
 * invocation costs a fixed part whatever it holds; so a busy function gets fewer and fuller ones, and
 * half of its time is left to others, while a quiet one answers at once. One that was full enough to
 * be worth its fixed part is followed at once: there is a backlog to work off.
 */
const PACE = { factor: 2, leastMs: 15, mostMs: 250 }
const FULL_RECORDS = 600

/**
 * Joins what the partitions of a mapping hand over at about the same time into one invocation, one at
 * a time, as Lambda does. Each partition's batch gets its own part of the outcome.
 */
export function joinedInvocations(invoke: Invoke, maxRecords: number, now: () => number): Invoke {
  let waiting: Waiting[] = []
  let busy = false
  let notBefore = 0

  async function run(): Promise<void> {
    busy = true
    while (waiting.length > 0) {
      // Always a turn of the event loop, so that partitions that became ready together go together.
      const wait = Math.max(notBefore - now(), 0)
      await new Promise((done) => setTimeout(done, wait))
      const batch = takeBatch()
      const records = batch.flatMap((one) => one.records)
      const started = now()
      const outcome = await invoke(records)
      const pace = (now() - started) * PACE.factor
      notBefore =
        records.length >= FULL_RECORDS
          ? 0
          : started + Math.min(Math.max(pace, PACE.leastMs), PACE.mostMs)
      for (const one of batch) one.settle(partOf(outcome, one.records))
    }
    busy = false
  }

  /** As many of those that wait as one invocation may hold; at least one. */
  function takeBatch(): readonly Waiting[] {
    let taken = 1
    let records = waiting[0]?.records ?? []
    for (; taken < waiting.length; taken += 1) {
      const joined = records.concat(waiting[taken]?.records ?? [])
      if (joined.length > maxRecords || withinPayload(joined).length < joined.length) break
      records = joined
    }
    const batch = waiting.slice(0, taken)
    waiting = waiting.slice(taken)
    return batch
  }

  return (records) =>
    new Promise((settle) => {
      waiting.push({ records, settle })
      if (!busy) void run()
    })
}

type Failure = { itemIdentifier?: { partition?: unknown } }

/**
 * The outcome as it is for some of an invocation's records: of a partial batch response the failures
 * of their partition. One that names nobody's partition fails everybody, as Lambda has it.
 */
function partOf(outcome: Outcome, records: readonly LogRecord[]): Outcome {
  if (outcome.type !== 'result') return outcome
  const failures = (outcome.value as { batchItemFailures?: unknown } | null | undefined)
    ?.batchItemFailures
  if (!Array.isArray(failures) || failures.length === 0) return outcome
  const [first] = records
  const name = `${first?.topic}-${first?.partition}`
  const own = (failures as readonly Failure[]).filter(
    (failure) => !isOther(failure?.itemIdentifier?.partition, name, first?.topic),
  )
  return { type: 'result', value: { batchItemFailures: own } }
}

/** Whether an identifier names another partition of the same topic. */
function isOther(partition: unknown, name: string, topic: string | undefined): boolean {
  return typeof partition === 'string' && partition !== name && partition.startsWith(`${topic}-`)
}

import { isOutage } from '#shared/errors.ts'
import type { LogRecord } from '#shared/ports/event-log.ts'
import type { Outcome } from '../lambda/outcome.ts'
import { withinPayload } from './payload.ts'

type Invoke = (records: readonly LogRecord[]) => Promise<Outcome>
type Waiting = Readonly<{
  records: readonly LogRecord[]
  settle: (outcome: Outcome) => void
  fail: (error: unknown) => void
}>

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
 * a time, as Lambda does. Each partition's batch gets its own outcome.
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
      try {
        await handOver(batch, await invoke(records))
      } catch (error) {
        for (const one of batch) one.fail(error)
      }
      const pace = (now() - started) * PACE.factor
      notBefore =
        records.length >= FULL_RECORDS
          ? 0
          : started + Math.min(Math.max(pace, PACE.leastMs), PACE.mostMs)
    }
    busy = false
  }

  /** Where it is not known whose records made an invocation fail, it is repeated for each alone. */
  async function handOver(batch: readonly Waiting[], outcome: Outcome): Promise<void> {
    if (batch.length === 1) return batch[0]?.settle(outcome)
    const isTold = tellsWhose(
      outcome,
      batch.map(({ records }) => partitionOf(records)),
    )
    for (const { records, settle } of batch) {
      settle(isTold ? partOf(outcome, partitionOf(records)) : await invoke(records))
    }
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
    new Promise((settle, fail) => {
      waiting.push({ records, settle, fail })
      if (!busy) void run()
    })
}

const partitionOf = ([first]: readonly LogRecord[]) => `${first?.topic}-${first?.partition}`

type Failure = { itemIdentifier?: { partition?: unknown } } | null

/** The failures of a partial batch response; none where it is no such response. */
function failuresOf(outcome: Outcome): readonly Failure[] {
  if (outcome.type !== 'result') return []
  const value = outcome.value as { batchItemFailures?: unknown } | null | undefined
  return Array.isArray(value?.batchItemFailures) ? value.batchItemFailures : []
}

/** Whether an outcome says which of the partitions failed; an outage is nobody's fault. */
function tellsWhose(outcome: Outcome, partitions: readonly string[]): boolean {
  if (outcome.type === 'error') return isOutage(outcome.errorType)
  if (outcome.type === 'timeout' || (outcome.type === 'crash' && outcome.loaded)) return false
  return failuresOf(outcome).every((failure) =>
    partitions.some((name) => name === failure?.itemIdentifier?.partition),
  )
}

/** The outcome as it is for one partition: of a partial batch response its own failures. */
function partOf(outcome: Outcome, partition: string): Outcome {
  const failures = failuresOf(outcome)
  if (failures.length === 0) return outcome
  const own = failures.filter((failure) => failure?.itemIdentifier?.partition === partition)
  return { type: 'result', value: { batchItemFailures: own } }
}

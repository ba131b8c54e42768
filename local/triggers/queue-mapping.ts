import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '#shared/domain/backoff.ts'
import { errorFields } from '#shared/log.ts'
import type { FunctionHost, FunctionLog } from '../lambda/function-host.ts'
import type { Outcome } from '../lambda/outcome.ts'
import type { QueueMappingPlan } from '../template/queues.ts'
import { toQueueEvent } from './queue-event.ts'
import { type QueuedMessage, queueFolder } from './queue-folder.ts'

type QueueMappingParts = Readonly<{
  /** The folder that holds a folder per queue. */
  queues: string
  host: Pick<FunctionHost, 'notify'>
  log: FunctionLog['event']
}>

/** How long an empty queue is left alone, ms. */
const LOOK_EVERY_MS = 200
/** Lambda takes 6 MB in an invocation. */
const MAX_BATCH_CHARACTERS = 4_000_000
/** What is there refuses a batch sooner, ms. */
const SLOW_MS = 1_000
/** An outage is told at its beginning and about once a minute. */
const OUTAGES_PER_LINE = 15
const OUTAGE = new Set(['Unavailable', 'Misconfigured'])

/** How a look at the whole queue went. */
type Pass = 'empty' | 'done' | 'failed' | 'outage'

/**
 * Brings a queue's messages to a function as Lambda does with a FIFO queue: batch by batch, of each
 * group in order, and nothing of a group while one of it has failed. A try counts only when another
 * message went through since the last one: else nothing says that it is the message, not an outage.
 */
export function runQueueMapping(
  mapping: QueueMappingPlan,
  { queues, host, log }: QueueMappingParts,
): Readonly<{ stop(): Promise<void> }> {
  const stopping = new AbortController()
  const grave = join(queues, mapping.deadLetters?.queue ?? `${mapping.queue}.broken`)
  let wentThrough = 0
  const queue = queueFolder(join(queues, mapping.queue), grave, log)

  async function run(): Promise<void> {
    let failures = 0
    while (!stopping.signal.aborted) {
      const pass = await lookThrough().catch((error: unknown): Pass => {
        log('error', 'queue.unreadable', { queue: mapping.queue, ...errorFields(error) })
        return 'failed'
      })
      failures = pass === 'failed' || pass === 'outage' ? failures + 1 : 0
      if (pass === 'done') continue
      const waitMs = pass === 'empty' ? LOOK_EVERY_MS : backoffMs(failures, Math.random())
      if (pass === 'outage' && failures % OUTAGES_PER_LINE === 1) {
        log('warn', 'queue.waits', { queue: mapping.queue, function: mapping.functionName })
      }
      await pause(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  }

  async function lookThrough(): Promise<Pass> {
    const stopped = new Set<string>()
    let batch: QueuedMessage[] = []
    let characters = 0
    let pass: Pass = 'empty'
    for await (const one of queue.messages()) {
      if (stopping.signal.aborted) return pass
      if (stopped.has(one.message.group)) continue
      batch.push(one)
      characters += one.message.text.length
      if (batch.length < mapping.batchSize && characters < MAX_BATCH_CHARACTERS) continue
      pass = await deliver(batch, stopped)
      if (pass === 'outage') return pass
      batch = []
      characters = 0
    }
    if (batch.length > 0) pass = await deliver(batch, stopped)
    return pass !== 'outage' && stopped.size > 0 ? 'failed' : pass
  }

  /** Hands a batch over; what failed of it stops its group. */
  async function deliver(batch: readonly QueuedMessage[], stopped: Set<string>): Promise<Pass> {
    const started = performance.now()
    const outcome = await host.notify(toQueueEvent(batch, mapping, Date.now()))
    if (isOutage(outcome)) return 'outage'
    const failed = failedOf(outcome, batch, mapping.partialFailures)
    await queue.remove(batch.filter((one) => !failed.has(one)))
    wentThrough += batch.length - failed.size
    // Then what the function needs does not answer, and the next batch would wait as long.
    const isSlow = performance.now() - started > SLOW_MS
    for (const one of failed) {
      // What only lies behind another one has not been tried.
      if (stopped.has(one.message.group)) continue
      if (wentThrough > one.wentThrough) one.tries += 1
      one.wentThrough = wentThrough
      if (mapping.deadLetters && one.tries >= mapping.deadLetters.maxReceives) {
        await queue.bury(one, grave)
        log('error', 'queue.message-buried', { queue: mapping.queue, tries: one.tries })
      } else stopped.add(one.message.group)
    }
    return isSlow && failed.size === batch.length ? 'outage' : 'done'
  }

  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

function isOutage(outcome: Outcome): boolean {
  if (outcome.type === 'error') return OUTAGE.has(outcome.errorType)
  if (outcome.type === 'crash') return !outcome.loaded
  return outcome.type === 'throttled' || outcome.type === 'unreachable'
}

/** The partial batch response of a queue: ids of messages; one that is none of them fails them all. */
function failedOf(
  outcome: Outcome,
  batch: readonly QueuedMessage[],
  partialFailures: boolean,
): ReadonlySet<QueuedMessage> {
  if (outcome.type !== 'result') return new Set(batch)
  const { batchItemFailures } = (outcome.value ?? {}) as { batchItemFailures?: unknown }
  if (!partialFailures || batchItemFailures === undefined || batchItemFailures === null) {
    return new Set()
  }
  if (!Array.isArray(batchItemFailures)) return new Set(batch)
  const failed = batchItemFailures.map((failure: { itemIdentifier?: unknown } | null) =>
    batch.find(({ id }) => id === failure?.itemIdentifier),
  )
  return failed.includes(undefined) ? new Set(batch) : new Set(failed as QueuedMessage[])
}

import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '#shared/domain/backoff.ts'
import { toDeadLetter } from '#shared/domain/dead-letter.ts'
import type { BatchHandler, Consumption, EventConsumer } from '#shared/ports/event-consumer.ts'
import type { EventLog, LogRecord } from '#shared/ports/event-log.ts'
import type { FunctionLog } from '../lambda/function-host.ts'
import type { Outcome } from '../lambda/outcome.ts'
import type { EventSource } from '../lambda/pack-records.ts'
import type { MappingPlan } from '../template/mappings.ts'
import { type BatchState, type BatchStep, FRESH, nextStep, readOutcome } from './batch-plan.ts'
import { joinedInvocations } from './joined-invocations.ts'
import { withinPayload } from './payload.ts'

/**
 * Invokes a function for records and waits for what becomes of them. Where it has to wait for its turn
 * first, it invokes nothing once `signal` is aborted.
 */
export type RecordInvoker = Readonly<{
  consume(
    records: readonly LogRecord[],
    source: EventSource,
    signal?: AbortSignal,
  ): Promise<Outcome>
}>

type Invoke = (records: readonly LogRecord[], signal?: AbortSignal) => Promise<Outcome>

/** What a mapping works with. */
export type MappingParts = Readonly<{
  consumer: EventConsumer
  /** Where records go that were given up. */
  deadLetters: EventLog
  host: RecordInvoker
  /**
   * Whether what partitions hand over at about the same time goes into one invocation, one at a time;
   * else each partition has its own, side by side.
   */
  joined: boolean
  log: FunctionLog['event']
  now: () => number
}>

/** Starts to hand a topic's records to a function. */
export function runMapping(mapping: MappingPlan, parts: MappingParts): Promise<Consumption> {
  const subscription = {
    group: mapping.group,
    topic: mapping.topic,
    startingPosition: mapping.startingPosition,
    maxRecords: mapping.batchSize,
    maxWaitMs: mapping.windowMs,
  }
  return parts.consumer.consume(subscription, batchHandler(mapping, parts))
}

/**
 * Handles one batch to its end: every record of it is done or a dead letter, unless the partition is
 * taken away meanwhile. Answers the offset to go on from.
 */
export function batchHandler(mapping: MappingPlan, parts: MappingParts): BatchHandler {
  const { host, joined, log, now } = parts
  const invoke: Invoke = (records, signal) => host.consume(records, mapping.source, signal)
  const invokeFirst: Invoke = joined ? joinedInvocations(invoke, mapping.batchSize, now) : invoke
  return async ({ records }, signal) => {
    let state: BatchState = FRESH
    while (!signal.aborted) {
      const sent = withinPayload(records.slice(state.from, state.from + state.span))
      // What failed goes alone, so that it can't spoil what other partitions hand over.
      const outcome = await (state === FRESH ? invokeFirst(sent, signal) : invoke(sent, signal))
      const read = readOutcome(outcome, sent, state.from, mapping.partialFailures)
      const failed = records[read.type === 'failed-at' ? read.index : state.from]
      const step = nextStep(state, read, {
        size: records.length,
        sent: sent.length,
        maxRetries: mapping.maxRetries,
        bisect: mapping.bisect,
        tooOld: now() - (failed?.timestamp ?? 0) > mapping.maxAgeMs,
      })
      if (step.type === 'done') return behind(records, records.length)
      state = step.state
      if (step.type === 'wait') {
        if (isWorthALine(step)) {
          log('warn', 'batch.retried', {
            ...placeOf(mapping, records, state),
            ...whatBecame(outcome),
            failures: step.failures,
          })
        }
        await waitFor(backoffMs(step.failures, Math.random()), signal)
      } else if (step.type === 'give-up') {
        const record = records[state.from]
        if (record && !(await giveUp(record, step.attempt, signal))) break
        state = { ...FRESH, from: state.from + 1 }
        if (state.from >= records.length) return behind(records, records.length)
      }
    }
    return behind(records, state.from)
  }

  /** Never lets go of a record before the dead letter is durable. Answers false when cut short. */
  async function giveUp(record: LogRecord, attempt: number, signal: AbortSignal): Promise<boolean> {
    const { topic, partition, offset } = record
    const about = { function: mapping.functionName, topic, partition, offset, attempt }
    if (mapping.deadLetterTopic === undefined) {
      log('error', 'record.dropped', about)
      return true
    }
    const letter = toDeadLetter(record, {
      reason: 'failed',
      stage: mapping.functionName,
      attempt,
      at: new Date(now()),
    })
    for (let failures = 1; !signal.aborted; failures += 1) {
      try {
        await parts.deadLetters.append([{ ...letter, topic: mapping.deadLetterTopic }])
        log('error', 'record.dead-lettered', about)
        return true
      } catch (error) {
        log('warn', 'record.not-dead-lettered', { ...about, error: String(error) })
        await waitFor(backoffMs(failures, Math.random()), signal)
      }
    }
    return false
  }
}

/** An outage is told at its beginning and about once a minute, not with every try. */
const OUTAGES_PER_LINE = 15

function isWorthALine({ state, failures }: Extract<BatchStep, { type: 'wait' }>): boolean {
  return state.outages === 0 || failures % OUTAGES_PER_LINE === 1
}

function whatBecame(outcome: Outcome) {
  if (outcome.type === 'error') return { outcome: outcome.errorType, error: outcome.message }
  return { outcome: outcome.type, ...('message' in outcome ? { error: outcome.message } : {}) }
}

function placeOf(
  { functionName, topic }: MappingPlan,
  records: readonly LogRecord[],
  { from }: BatchState,
) {
  const { partition, offset } = records[from] ?? {}
  return { function: functionName, topic, partition, offset }
}

/** The offset that follows the first `count` records. */
function behind(records: readonly LogRecord[], count: number): number {
  const next = records[count]
  return next ? next.offset : (records.at(-1)?.offset ?? -1) + 1
}

/** Waits, but not longer than the partition is ours. */
async function waitFor(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined)
}

import { setTimeout as pause } from 'node:timers/promises'
import { backoffMs } from '#shared/domain/backoff.ts'
import { toDeadLetter } from '#shared/domain/dead-letter.ts'
import type { BatchHandler, Consumption, EventConsumer } from '#shared/ports/event-consumer.ts'
import type { EventLog, LogRecord } from '#shared/ports/event-log.ts'
import type { FunctionHost, FunctionLog } from '../lambda/function-host.ts'
import type { MappingPlan } from '../template/mappings.ts'
import { type BatchState, FRESH, nextStep, readOutcome } from './batch-plan.ts'
import { joinedInvocations } from './joined-invocations.ts'
import { withinPayload } from './payload.ts'

/** What a mapping works with. */
export type MappingParts = Readonly<{
  consumer: EventConsumer
  /** Where records go that were given up. */
  deadLetters: EventLog
  host: Pick<FunctionHost, 'consume'>
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
  const { host, log, now } = parts
  const invoke = (records: readonly LogRecord[]) => host.consume(records, mapping.source)
  const invokeJoined = joinedInvocations(invoke, mapping.batchSize, now)
  return async ({ records }, signal) => {
    let state: BatchState = FRESH
    while (!signal.aborted) {
      const sent = withinPayload(records.slice(state.from, state.from + state.span))
      // What failed goes alone, so that it can't spoil what other partitions hand over.
      const outcome = await (state === FRESH ? invokeJoined(sent) : invoke(sent))
      const step = nextStep(
        state,
        readOutcome(outcome, sent, state.from, mapping.partialFailures),
        {
          size: records.length,
          sent: sent.length,
          maxRetries: mapping.maxRetries,
          bisect: mapping.bisect,
          tooOld: now() - (records[state.from]?.timestamp ?? 0) > mapping.maxAgeMs,
        },
      )
      if (step.type === 'done') return behind(records, records.length)
      state = step.state
      if (step.type === 'wait') {
        log('warn', 'batch.retried', { ...placeOf(mapping, records, state), outcome: outcome.type })
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

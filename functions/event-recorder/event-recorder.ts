import { type DeadLetterReason, toDeadLetter } from '#shared/domain/dead-letter.ts'
import {
  type KafkaTriggerEvent,
  type KafkaTriggerResponse,
  partialFailure,
  type TriggeredRecord,
  triggeredRecords,
} from '#shared/domain/events/trigger.ts'
import { type Recordable, toRecordable } from '#shared/domain/recording/recordable.ts'
import { Failure } from '#shared/errors.ts'
import { errorFields, log } from '#shared/log.ts'
import type { EventLog, Position } from '#shared/ports/event-log.ts'
import type { Recording } from '#shared/ports/recording.ts'

type Dependencies = Readonly<{
  recording: Recording
  deadLetters: Pick<EventLog, 'append'>
  now: () => Date
}>

const STAGE = 'event-recorder'

/**
 * Records a batch of the log. What is no event, conflicts with a known event or can't be stored goes
 * to the dead letters; everything else is recorded, once however often it comes.
 *
 * @throws `Unavailable` when the database or, for a dead letter, the log is away: the batch comes again.
 */
export const eventRecorder =
  ({ recording, deadLetters, now }: Dependencies) =>
  async (trigger: KafkaTriggerEvent): Promise<KafkaTriggerResponse> => {
    const bury = async (records: readonly TriggeredRecord[], reason: DeadLetterReason) => {
      if (records.length === 0) return
      const circumstances = { reason, stage: STAGE, attempt: 1, at: now() }
      await deadLetters.append(records.map((record) => toDeadLetter(record, circumstances)))
      log('warn', 'records_buried', { function: STAGE, reason, records: records.length })
    }
    const refuse = (conflicts: readonly Recordable[]) =>
      bury(
        conflicts.map(({ record }) => record),
        'conflict',
      )

    /** Halves a batch that can't be stored until the record to blame stands alone. */
    const keep = async (batch: readonly Recordable[], next: readonly Position[]): Promise<void> => {
      try {
        await recording.record(batch, next, refuse)
      } catch (error) {
        if (!(error instanceof Failure) || error.kind !== 'InvalidInput') throw error
        const [only] = batch
        if (batch.length > 1) {
          const half = batch.length >> 1
          await keep(batch.slice(0, half), [])
          await keep(batch.slice(half), next)
        } else if (only) {
          log('error', 'record_failed', { function: STAGE, ...errorFields(error) })
          await bury([only.record], 'failed')
        } else throw error
      }
    }

    const records = triggeredRecords(trigger)
    const batch: Recordable[] = []
    const malformed: TriggeredRecord[] = []
    for (const record of records) {
      const event = toRecordable(record)
      if (event) batch.push(event)
      else malformed.push(record)
    }
    await keep(batch, nextPositions(records))
    await bury(malformed, 'malformed')
    return partialFailure([])
  }

/** Per partition, the offset after its last record. */
function nextPositions(records: readonly TriggeredRecord[]): readonly Position[] {
  const next = new Map<string, Position>()
  for (const { topic, partition, offset } of records) {
    const name = `${topic}-${partition}`
    next.set(name, { topic, partition, offset: Math.max(offset + 1, next.get(name)?.offset ?? 0) })
  }
  return [...next.values()]
}

import { fromRecord } from '#shared/domain/events/record.ts'
import {
  type KafkaTriggerEvent,
  type KafkaTriggerResponse,
  triggeredRecords,
} from '#shared/domain/events/trigger.ts'
import { type Observation, observationOf } from '#shared/domain/patterns/observation.ts'
import { log } from '#shared/log.ts'
import type { Learning } from '#shared/ports/learning.ts'

type Dependencies = Readonly<{ learning: Learning; now: () => Date }>

/**
 * Learns from a batch of the log. All of it is taken in, or, when the database is away, none: then
 * the batch comes again. Records that are no events are left to `event-recorder`, which makes dead
 * letters of them; here they are skipped.
 *
 * @throws `Unavailable` when the database is away.
 */
export const patternProcessor =
  ({ learning, now }: Dependencies) =>
  async (trigger: KafkaTriggerEvent): Promise<KafkaTriggerResponse> => {
    const observations: Observation[] = []
    let skipped = 0
    for (const record of triggeredRecords(trigger)) {
      const event = fromRecord(record)
      const observation = event && observationOf(event, record)
      if (observation) observations.push(observation)
      else skipped += 1
    }
    if (skipped > 0) log('warn', 'records_skipped', { function: 'pattern-processor', skipped })
    if (observations.length > 0) await learning.learn(observations, now())
    return { batchItemFailures: [] }
  }

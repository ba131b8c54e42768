import { type DescribedEvent, describe } from '../events/describe.ts'
import { fromRecord } from '../events/record.ts'
import type { TriggeredRecord } from '../events/trigger.ts'
import type { PhaseEvent } from '../sessions/pairing.ts'
import { parseTime } from '../time.ts'
import { contentOf, identityOf } from './identity.ts'

/** An event taken from the log, with what recording it needs to know. */
export type Recordable = PhaseEvent &
  Readonly<{
    event: DescribedEvent
    /** Where it was read; a dead letter is made of it. */
    record: TriggeredRecord
    /** Digest of source and id, 32 hex digits. */
    identity: string
    /** Digest of what it says, 32 hex digits. */
    content: string
    session: string | null
  }>

/** Reads a record as an event to record; undefined when it is none. */
export function toRecordable(record: TriggeredRecord): Recordable | undefined {
  const read = fromRecord(record)
  if (!read) return undefined
  const time = parseTime(read.time)
  if (time === undefined) return undefined
  const event = describe(read)
  const { recordedtime, sessionid, operation, phase, callid, outcome, durationms } =
    event.attributes
  return {
    event,
    record,
    identity: identityOf(read),
    content: contentOf(read),
    id: event.id,
    source: event.source,
    session: sessionid || null,
    operation,
    phase,
    callId: callid || null,
    time,
    arrival: recordedtime === read.time ? time : arrivalOf(recordedtime, record),
    outcome: outcome ?? null,
    durationMs: durationms === undefined ? null : Number(durationms),
  }
}

/** What others wrote to the log arrived when the log took it. */
function arrivalOf(recordedtime: string | undefined, { timestamp }: TriggeredRecord): number {
  const arrival = recordedtime === undefined ? undefined : parseTime(recordedtime)
  return arrival ?? timestamp * 1_000
}

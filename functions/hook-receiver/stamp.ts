import type { SourceSettings } from '#shared/domain/access.ts'
import type { Draft } from '#shared/domain/dialects/draft.ts'
import { descriptionOf } from '#shared/domain/events/description.ts'
import type { BridgeEvent, EventAttributes } from '#shared/domain/events/event.ts'
import { partitionKey } from '#shared/domain/events/partition-key.ts'
import { toRecord } from '#shared/domain/events/record.ts'
import { uuidV7 } from '#shared/domain/events/uuid.ts'
import type { Redactor } from '#shared/domain/redaction/redactor.ts'
import { formatTimeMicros } from '#shared/domain/time.ts'
import { topicOf } from '#shared/domain/topics.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import { cleanAttributes, cleanIdentifier, cleanPayload } from './redact-draft.ts'

/** What a request gives each of its events. */
type Stamp = Readonly<{
  /** Microseconds since the epoch, strictly increasing. */
  arrival: number
  /** The request's own, valid. */
  traceparent: string | undefined
  settings: SourceSettings | undefined
  redact: Redactor
}>

/** An event ready for the log, and the id its sender is told. */
type Stamped = Readonly<{ id: string; record: NewRecord }>

/**
 * Makes the log's record of a draft: without its secrets, described, stamped with its arrival. The
 * description is taken from what redaction left. The draft's attributes are used up.
 */
export function stamp(draft: Draft, { arrival, traceparent, settings, redact }: Stamp): Stamped {
  const { type, attributes } = draft
  const { data, body, removed } = cleanPayload(draft, redact)
  const removedInAll = removed + cleanAttributes(attributes, redact)
  const { operation, phase, outcome, callid, durationms } = descriptionOf(type, data, draft.known)
  const recordedtime = formatTimeMicros(arrival)

  attributes.traceparent ??= traceparent
  attributes.recordedtime = recordedtime
  attributes.operation = operation === type ? type : redact.text(operation).text
  attributes.phase = phase
  attributes.outcome = outcome
  attributes.callid = callid === undefined ? undefined : cleanIdentifier(callid, redact)
  attributes.durationms = durationms
  if (removedInAll > 0) attributes.redacted = String(removedInAll)

  const event: BridgeEvent = {
    id: draft.id === undefined ? uuidV7(arrival / 1_000) : cleanIdentifier(draft.id, redact),
    source: redact.text(draft.source).text,
    type,
    time: draft.time ?? recordedtime,
    // `toRecord` leaves out what is undefined; the event's own type has no place for it.
    attributes: attributes as EventAttributes,
    body,
  }
  const record = toRecord(event)
  const key = partitionKey(settings?.keyTemplate, event, data) ?? record.key
  return {
    id: event.id,
    record: {
      topic: settings?.topic ?? topicOf(type),
      key,
      value: record.value,
      headers: record.headers,
    },
  }
}

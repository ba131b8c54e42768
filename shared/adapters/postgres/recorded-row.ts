import { extensionsOf } from '../../domain/cloudevents/json-format.ts'
import { payloadIsText } from '../../domain/cloudevents/value-types.ts'
import type { EventAttributes, Outcome, Phase } from '../../domain/events/event.ts'
import { isJsonType, isTextType } from '../../domain/events/record.ts'
import { formatTime } from '../../domain/time.ts'
import type { RecordedEvent } from '../../ports/recorded-events.ts'
import type { Sql } from './connect.ts'

/** An event's row; times are microseconds. */
export type EventRow = Omit<
  RecordedEvent,
  'time' | 'recorded_at' | 'extensions' | 'data' | 'data_base64'
> & {
  time: number
  recorded_at: number
  phase: Phase
  outcome: Outcome | null
  extensions: string | null
  body: string | null
  body_bytes: Uint8Array | null
}

/** What is selected of `events.event e` joined with `events.kind k`. */
export const eventColumns = (sql: Sql) => sql`
  e.seq, e.id, k.source, k.type, k.topic,
  (extract(epoch from e.time) * 1000000)::bigint as time,
  (extract(epoch from e.recorded_at) * 1000000)::bigint as recorded_at,
  e.subject, e.session, e.operation, e.phase, e.outcome, e.duration_ms, e.call_id,
  e.correlation_id, e.causation_id, e.traceparent, e.datacontenttype, e.dataschema, e.redacted,
  e.extensions, e.body, e.body_bytes`

/** A row as readers see it. */
export function toRecordedEvent(row: EventRow): RecordedEvent {
  const { time, recorded_at, extensions, body, body_bytes, ...same } = row
  const attributes: EventAttributes = extensions === null ? {} : JSON.parse(extensions)
  return {
    ...same,
    time: formatTime(time),
    recorded_at: formatTime(recorded_at),
    extensions: extensionsOf({ attributes }),
    ...payloadOf(row, attributes.xtypes),
  }
}

function payloadOf(
  row: EventRow,
  xtypes: string | undefined,
): Pick<RecordedEvent, 'data' | 'data_base64'> {
  const text = row.body ?? textWithin(row, xtypes)
  if (text !== undefined) {
    return { data: isJsonType(row.datacontenttype ?? undefined) ? parsed(text) : text }
  }
  if (row.body_bytes === null) return {}
  return { data_base64: Buffer.from(row.body_bytes).toString('base64') }
}

/** Text that a text column could not hold, because of a NUL in it. */
function textWithin(
  { body_bytes, datacontenttype }: EventRow,
  xtypes: string | undefined,
): string | undefined {
  const isText = payloadIsText(xtypes) ?? isTextType(datacontenttype ?? undefined)
  if (body_bytes === null || !isText) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body_bytes)
  } catch {
    // Said to be text when it was sent, and is not: it stays bytes.
    return undefined
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Said to be JSON when it was sent, and is not: readers get what was sent.
    return text
  }
}

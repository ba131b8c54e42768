import type { Outcome, Phase } from '../domain/events/event.ts'
import type { Page, PageRequest } from '../domain/page.ts'

/** An event as it was recorded. Times are RFC 3339 UTC with milliseconds. */
export type RecordedEvent = Readonly<{
  /** Order of recording, dense and without gaps that fill later: a reader at `seq` missed nothing. */
  seq: number
  id: string
  source: string
  type: string
  topic: string
  time: string
  recorded_at: string
  subject: string | null
  session: string | null
  operation: string
  phase: Phase
  outcome: Outcome | null
  duration_ms: number | null
  call_id: string | null
  correlation_id: string | null
  causation_id: string | null
  traceparent: string | null
  datacontenttype: string | null
  dataschema: string | null
  /** How many values redaction removed. */
  redacted: number
  /** CloudEvents extensions of the sender. */
  extensions: Readonly<Record<string, string | number | boolean>>
  /** The payload where it is JSON or text; absent when there is none. */
  data?: unknown
  /** The payload where it is bytes. */
  data_base64?: string
}>

export type EventFilter = Readonly<{
  topic?: string
  type?: string
  source?: string
  session?: string
  /** By the events' own time, both inclusive. */
  from?: Date
  to?: Date
  /** Words that must all occur, in any order and case. */
  q?: string
}>

/** The recorded events, for reading. */
export interface RecordedEvents {
  /** Newest first by own time. @throws `InvalidInput` for a cursor that is not ours. */
  list(filter: EventFilter, page: PageRequest): Promise<Page<RecordedEvent>>

  /** Every event with this id: more than one when several sources use it. */
  find(id: string, source?: string): Promise<readonly RecordedEvent[]>

  /** Events recorded after `seq`, in that order. */
  since(seq: number, filter: EventFilter, limit: number): Promise<readonly RecordedEvent[]>

  /** The newest `seq`; 0 when there is none. */
  latest(): Promise<number>
}

/**
 * An event as the bridge carries it: a CloudEvents 1.0 event (https://github.com/cloudevents/spec)
 * whose context attributes are all in their canonical string form.
 */
export type BridgeEvent = Readonly<{
  /** Identity is `source` + `id`. UUIDv7 when the sender gave none. */
  id: string
  /** URI-reference of the sender; for `POST /hooks/{source}` the source's name. */
  source: string
  /** `<topic>.<verb>` for the bridge's own types, anything for others. */
  type: string
  /** RFC 3339. The event's own time; equal to `recordedtime` when the sender gave none. */
  time: string
  /** Optional core attributes and extensions by CloudEvents name (a-z0-9), see `attributes.ts`. */
  attributes: EventAttributes
  /** The payload's bytes as UTF-8 text where it is text, else bytes; null when there is none. */
  body: string | Uint8Array | null
}>

/** The optional attributes this system itself reads; extensions of senders are kept beside them. */
export type KnownAttributes = {
  subject?: string
  datacontenttype?: string
  dataschema?: string
  /** RFC 3339 with microseconds, strictly increasing per receiver: the order of arrival. */
  recordedtime?: string
  sessionid?: string
  parentsessionid?: string
  correlationid?: string
  causationid?: string
  traceparent?: string
  partitionkey?: string
  /** What patterns, graph and metrics count; see `describe`. */
  operation?: string
  phase?: Phase
  /** Joins a before with its after, unique within the session. */
  callid?: string
  outcome?: Outcome
  /** Milliseconds, decimal. */
  durationms?: string
  /** How many values redaction removed, decimal. */
  redacted?: string
}

export type EventAttributes = Readonly<KnownAttributes & Record<string, string | undefined>>

/**
 * Where in an execution an event stands: `before` opens one, `after` closes one, `start` and `end`
 * open and close the session itself, `point` is whole in itself.
 */
export type Phase = 'before' | 'after' | 'start' | 'end' | 'point'

export type Outcome = 'ok' | 'error' | 'cancelled'

import { bytesBody, keptAttributes, textBody } from '../../domain/recording/event-row.ts'
import type { Recordable } from '../../domain/recording/recordable.ts'
import type { Transaction } from './connect.ts'
import { numberArray, textArray } from './event-array.ts'

/** Texts between single spaces, so that a whole word is found by a plain `like`. */
const spaced = (words: readonly string[]) => ` ${words.join(' ')} `

/**
 * Inserts events with the next sequence numbers, in their order. From here to the commit no one else
 * takes a number, so it comes last in a transaction.
 */
export function insertEvents(
  tx: Transaction,
  events: readonly Recordable[],
  kindOf: (event: Recordable) => number,
  words: readonly (readonly string[])[],
) {
  const attribute = (name: string) => textArray(events, ({ event }) => event.attributes[name])
  return tx`
    with counter as (
      update events.counter set latest = latest + ${events.length}
      returning latest - ${events.length} as base
    )
    insert into events.event (seq, recorded_at, time, kind, redacted, duration_ms, id, session,
      operation, phase, outcome, subject, call_id, correlation_id, causation_id, traceparent,
      datacontenttype, dataschema, extensions, body, body_bytes, words)
    select base + turn,
      timestamptz 'epoch' + recorded_at * interval '1 microsecond',
      timestamptz 'epoch' + time * interval '1 microsecond',
      kind, redacted, duration_ms, id, session,
      operation, phase, outcome, subject, call_id, correlation_id, causation_id, traceparent,
      datacontenttype, dataschema, extensions, body, body_bytes, words
    from counter, unnest(
      ${numberArray(events, ({ arrival }) => arrival)}::text::bigint[],
      ${numberArray(events, ({ time }) => time)}::text::bigint[],
      ${numberArray(events, kindOf)}::text::integer[],
      ${numberArray(events, ({ event }) => redactedOf(event.attributes.redacted))}::text::integer[],
      ${numberArray(events, ({ durationMs }) => durationMs)}::text::double precision[],
      ${textArray(events, ({ id }) => id)}::text::text[],
      ${textArray(events, ({ session }) => session)}::text::text[],
      ${textArray(events, ({ operation }) => operation)}::text::text[],
      ${textArray(events, ({ phase }) => phase)}::text::text[],
      ${textArray(events, ({ outcome }) => outcome)}::text::text[],
      ${attribute('subject')}::text::text[],
      ${textArray(events, ({ callId }) => callId)}::text::text[],
      ${attribute('correlationid')}::text::text[],
      ${attribute('causationid')}::text::text[],
      ${attribute('traceparent')}::text::text[],
      ${attribute('datacontenttype')}::text::text[],
      ${attribute('dataschema')}::text::text[],
      ${textArray(events, keptAttributes)}::text::text[],
      ${textArray(events, textBody)}::text::text[],
      ${textArray(events, bytesBody)}::text::bytea[],
      ${textArray(words, spaced)}::text::text[]
    ) with ordinality as e (recorded_at, time, kind, redacted, duration_ms, id, session, operation,
      phase, outcome, subject, call_id, correlation_id, causation_id, traceparent, datacontenttype,
      dataschema, extensions, body, body_bytes, words, turn)`
}

const MOST = 2_147_483_647

function redactedOf(text: string | undefined): number {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Math.min(Number(text), MOST) : 0
}

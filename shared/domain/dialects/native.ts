import { standardWebhooksSignature } from '../signatures/standard-webhooks.ts'
import type { Delivery, DialectRules } from './dialect.ts'
import { type Item, type Reading, refused } from './draft.ts'
import {
  type Check,
  isObject,
  MAX,
  optionalText,
  optionalTraceparent,
  requiredText,
  wrong,
} from './fields.ts'
import { optionalTime } from './instant.ts'
import { jsonBody, tooMany } from './json-body.ts'

/** Every member an event may have; a misspelt one is told, never dropped. */
const MEMBERS = new Set([
  'id',
  'source',
  'type',
  'subject',
  'time',
  'session',
  'parent_session',
  'correlation_id',
  'causation_id',
  'traceparent',
  'partition_key',
  'data',
])

/**
 * The bridge's own form: `{ id?, source, type, subject?, time?, session?, parent_session?,
 * correlation_id?, causation_id?, traceparent?, partition_key?, data }`, alone or up to 1,000 in an
 * array, of which each is accepted or rejected by itself. Under `/hooks/{source}` the events' source
 * is that name and `source` may be left out; where the body names another it is kept as
 * `originsource`.
 */
export const native: DialectRules = { signature: standardWebhooksSignature, read: readNative }

/** Reads events in the bridge's own form. */
export function readNative(delivery: Delivery): Reading {
  const body = jsonBody(delivery)
  if (body.type === 'refused') return body
  const { value } = body
  if (!Array.isArray(value)) {
    return { type: 'events', items: [nativeEvent(value, delivery.source, '')], form: 'single' }
  }
  if (value.length === 0) return refused('InvalidInput', 'The array holds no event.')
  const excess = tooMany(value)
  if (excess) return excess
  const items = value.map((item, index) => nativeEvent(item, delivery.source, `/${index}`))
  return { type: 'events', items, form: 'batch' }
}

function nativeEvent(value: unknown, sourceName: string | undefined, at: string): Item {
  if (!isObject(value)) return { problems: [{ pointer: at, detail: 'must be an object' }] }
  const check: Check = { at, problems: [] }
  for (const name in value) if (!MEMBERS.has(name)) wrong(check, name, 'is unknown')
  if (value.data === undefined) wrong(check, 'data', 'is required')

  const said =
    sourceName === undefined
      ? requiredText(value, 'source', MAX.source, check)
      : optionalText(value, 'source', MAX.source, check)
  const source = sourceName ?? said ?? ''
  const type = requiredText(value, 'type', MAX.type, check)
  const id = optionalText(value, 'id', MAX.id, check)
  const time = optionalTime(value, 'time', check)
  const attributes: Record<string, string | undefined> = {
    datacontenttype: 'application/json',
    subject: optionalText(value, 'subject', MAX.subject, check),
    sessionid: optionalText(value, 'session', MAX.name, check),
    parentsessionid: optionalText(value, 'parent_session', MAX.name, check),
    correlationid: optionalText(value, 'correlation_id', MAX.name, check),
    causationid: optionalText(value, 'causation_id', MAX.name, check),
    traceparent: optionalTraceparent(value, check),
    partitionkey: optionalText(value, 'partition_key', MAX.name, check),
    originsource: said === source ? undefined : said,
  }
  if (check.problems.length > 0) return { problems: check.problems }
  return { id, source, type, time, attributes, known: {}, data: value.data, body: undefined }
}

import { isBinaryMode, readBinary } from '../cloudevents/binary.ts'
import { structuredEvent } from '../cloudevents/structured.ts'
import { headerOf } from '../http/headers.ts'
import { standardWebhooksSignature } from '../signatures/standard-webhooks.ts'
import type { Delivery, DialectRules } from './dialect.ts'
import { type Item, isInvalid, type Reading, refused } from './draft.ts'
import { readBody, tooMany } from './json-body.ts'

const STRUCTURED = /^application\/cloudevents/i
const SINGLE = /^application\/cloudevents\+json\s*(;|$)/i
const BATCH = /^application\/cloudevents-batch\+json\s*(;|$)/i

/**
 * CloudEvents 1.0 over HTTP: structured, batched or binary. A batch with an invalid event is refused
 * whole; an empty one is valid. Under `/hooks/{source}` the events' source is that name and their own
 * is kept as `originsource`.
 */
export const cloudEvents: DialectRules = {
  signature: standardWebhooksSignature,
  read(delivery) {
    const reading = isCloudEvents(delivery)
      ? readCloudEvents(delivery)
      : refused('UnsupportedMedia', 'This source sends CloudEvents.')
    if (reading.type !== 'events') return reading
    for (const item of reading.items) rename(item, delivery.source)
    return reading
  },
}

/** Whether a request carries CloudEvents in any mode. */
export function isCloudEvents({ headers }: Delivery): boolean {
  return STRUCTURED.test(headerOf(headers, 'content-type') ?? '') || isBinaryMode(headers)
}

/** Reads a request in the mode that its media type or its `ce-` headers name. */
export function readCloudEvents({ headers, body }: Delivery): Reading {
  const mediaType = headerOf(headers, 'content-type') ?? ''
  if (!STRUCTURED.test(mediaType)) return readBinary(headers, body)
  const isBatch = BATCH.test(mediaType)
  if (!isBatch && !SINGLE.test(mediaType)) {
    return refused('UnsupportedMedia', 'CloudEvents come as JSON, alone or batched.')
  }
  const reading = readBody(mediaType, body)
  if (reading.type === 'refused') return reading
  const { value } = reading
  if (!isBatch) return { type: 'events', items: [structuredEvent(value, '')], form: 'single' }
  if (!Array.isArray(value)) return refused('InvalidInput', 'A batch is an array of events.')
  const excess = tooMany(value)
  if (excess) return excess
  const items = value.map((item, index) => structuredEvent(item, `/${index}`))
  return { type: 'events', items, form: 'whole-batch' }
}

function rename(item: Item, source: string): void {
  if (isInvalid(item) || item.source === source) return
  item.attributes.originsource = item.source
  item.source = source
}

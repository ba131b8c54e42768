import { headerOf } from '../http/headers.ts'
import { standardWebhooksSignature } from '../signatures/standard-webhooks.ts'
import type { DialectRules } from './dialect.ts'
import { MAX } from './fields.ts'
import { jsonBody } from './json-body.ts'
import { textAt, wholePayload } from './single-payload.ts'

/** The type of a payload that names none. */
const NAMELESS = 'hooks.custom.received'

/**
 * Any JSON: one body is one event. Its type is `type`, else `event`, where that is a text. Members
 * called `id` mostly name a thing, not a delivery, so only a `webhook-id` header is taken as the id.
 */
export const generic: DialectRules = {
  signature: standardWebhooksSignature,
  read(delivery) {
    const body = jsonBody(delivery)
    if (body.type === 'refused') return body
    const { value, text } = body
    const id = headerOf(delivery.headers, 'webhook-id')
    const type = textAt(value, MAX.type, 'type') ?? textAt(value, MAX.type, 'event') ?? NAMELESS
    const told = { id: id && id.length <= MAX.id ? id : undefined, type }
    const draft = wholePayload(value, text, delivery.source, told)
    return { type: 'events', items: [draft], form: 'single' }
  },
}

import { descriptionOf } from '../events/description.ts'
import { headerOf } from '../http/headers.ts'
import { standardWebhooksSignature } from '../signatures/standard-webhooks.ts'
import type { DialectRules } from './dialect.ts'
import { isInvalid } from './draft.ts'
import { MAX, requiredText } from './fields.ts'
import { optionalTime } from './instant.ts'
import { jsonBody } from './json-body.ts'
import { readSingle, requiredHeader } from './single-payload.ts'

/**
 * Standard Webhooks (https://www.standardwebhooks.com): `{ type, timestamp, data }` with the id in
 * `webhook-id`, the same on every retry. What its inner data says of the operation counts.
 */
export const standardWebhooks: DialectRules = {
  signature: standardWebhooksSignature,
  read(delivery) {
    const reading = readSingle(jsonBody(delivery), delivery.source, (payload, check) => ({
      id: requiredHeader(headerOf(delivery.headers, 'webhook-id'), 'webhook-id', MAX.id, check),
      type: requiredText(payload, 'type', MAX.type, check),
      time: optionalTime(payload, 'timestamp', check),
    }))
    if (reading.type !== 'events') return reading
    for (const item of reading.items) {
      if (isInvalid(item)) continue
      item.known = descriptionOf(item.type, (item.data as { data?: unknown }).data)
    }
    return reading
  },
}

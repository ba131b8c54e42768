import { stripeSignature } from '../signatures/stripe.ts'
import type { DialectRules } from './dialect.ts'
import { MAX, requiredText } from './fields.ts'
import { timeOfSeconds } from './instant.ts'
import { jsonBody } from './json-body.ts'
import { readSingle, textAt } from './single-payload.ts'

/** Longest type that `com.stripe.` still fits before. */
const MAX_TYPE = 200

/** Stripe's events (https://docs.stripe.com/api/events/object): id, type and time are the event's. */
export const stripe: DialectRules = {
  signature: stripeSignature,
  read: (delivery) =>
    readSingle(jsonBody(delivery), delivery.source, (payload, check) => {
      const operation = requiredText(payload, 'type', MAX_TYPE, check)
      return {
        id: requiredText(payload, 'id', MAX.id, check),
        type: `com.stripe.${operation}`,
        time: timeOfSeconds(payload.created),
        subject: textAt(payload, MAX.subject, 'data', 'object', 'id'),
        operation,
      }
    }),
}

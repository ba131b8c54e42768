import { headerOf } from '../http/headers.ts'
import { githubSignature } from '../signatures/github.ts'
import type { DialectRules } from './dialect.ts'
import { MAX } from './fields.ts'
import { jsonBody } from './json-body.ts'
import { readSingle, requiredHeader, textAt } from './single-payload.ts'

/**
 * GitHub's webhooks as JSON (https://docs.github.com/webhooks): the id is `X-GitHub-Delivery`, which
 * a redelivery keeps; the operation is event and action, `pull_request.opened`.
 */
export const github: DialectRules = {
  signature: githubSignature,
  read: (delivery) =>
    readSingle(jsonBody(delivery), delivery.source, (payload, check) => {
      const { headers } = delivery
      const event = requiredHeader(
        headerOf(headers, 'x-github-event'),
        'X-GitHub-Event',
        MAX.type / 4,
        check,
      )
      const id = requiredHeader(
        headerOf(headers, 'x-github-delivery'),
        'X-GitHub-Delivery',
        MAX.id,
        check,
      )
      const action = textAt(payload, MAX.type / 4, 'action')
      const operation = action === undefined ? event : `${event}.${action}`
      return {
        id,
        type: `com.github.${operation}`,
        subject: textAt(payload, MAX.subject, 'repository', 'full_name'),
        operation,
      }
    }),
}

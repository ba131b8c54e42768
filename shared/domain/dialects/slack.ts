import { slackSignature } from '../signatures/slack.ts'
import type { DialectRules } from './dialect.ts'
import type { Reading, Refused } from './draft.ts'
import { type Check, type Fields, isObject, MAX, requiredText } from './fields.ts'
import { timeOfSeconds } from './instant.ts'
import { type JsonBody, jsonBody } from './json-body.ts'
import { readSingle, type Told, textAt } from './single-payload.ts'

/** Longest type that `com.slack.` still fits before. */
const MAX_TYPE = 200

/**
 * Slack's Events API (https://docs.slack.dev/apis/events-api): `event_id` is the id and stays on a
 * retry; the operation is the inner event's type. `url_verification` is no event: its challenge is
 * echoed and nothing is stored.
 */
export const slack: DialectRules = {
  signature: slackSignature,
  read(delivery) {
    const body = jsonBody(delivery)
    return challengeOf(body) ?? readSingle(body, delivery.source, tell)
  },
}

function challengeOf(body: JsonBody | Refused): Reading | undefined {
  if (body.type === 'refused' || !isObject(body.value)) return undefined
  if (body.value.type !== 'url_verification') return undefined
  const challenge = textAt(body.value, MAX.extension, 'challenge')
  return challenge === undefined
    ? { type: 'events', items: [{ problems: [missingChallenge] }], form: 'single' }
    : { type: 'challenge', answer: { challenge } }
}

const missingChallenge = { pointer: '/challenge', detail: 'is required' }

function tell(payload: Fields, check: Check): Told {
  const operation =
    textAt(payload, MAX_TYPE, 'event', 'type') ?? requiredText(payload, 'type', MAX_TYPE, check)
  return {
    id: requiredText(payload, 'event_id', MAX.id, check),
    type: `com.slack.${operation}`,
    time: timeOfSeconds(payload.event_time),
    subject: textAt(payload, MAX.subject, 'event', 'channel'),
    operation,
  }
}

import * as z from 'zod'
import type { Route } from '#shared/domain/http/route.ts'
import { instant, text } from '#shared/schema/text.ts'

const event = z
  .strictObject({
    id: text(256)
      .exactOptional()
      .meta({ description: 'identity together with source; made when left out' }),
    source: text(512),
    type: text(256).meta({
      description: '<topic>.<verb>, hooks.execution.started; any other is taken too',
    }),
    subject: text(1_024).exactOptional(),
    time: instant.exactOptional().meta({ description: 'the time of arrival when left out' }),
    session: text(256).exactOptional(),
    parent_session: text(256).exactOptional(),
    correlation_id: text(256).exactOptional(),
    causation_id: text(256).exactOptional(),
    traceparent: text(256).exactOptional(),
    partition_key: text(256).exactOptional(),
    data: z.unknown().meta({
      description: 'operation, phase, outcome, duration_ms and call_id in it say what it is',
    }),
  })
  .meta({ id: 'NativeEvent' })

const problem = z.looseObject({ title: z.string(), status: z.int(), detail: z.string() })

const receipt = z.object({
  accepted: z.array(z.object({ index: z.int(), id: z.string() })),
  rejected: z.array(z.object({ index: z.int(), problem })),
})

const consent = { description: 'WebHook-Allowed-Origin and -Rate, when an origin asked' }
const stored = {
  description: 'what was taken is durable: on the event log, or on its way there',
  schema: receipt,
}

export const routes = [
  {
    method: 'POST',
    path: '/hooks',
    summary: 'Takes events in: native, or CloudEvents structured, batched or binary',
    access: 'writer',
    body: z.union([event, z.array(event).max(1_000)]),
    answers: { 202: stored },
  },
  {
    method: 'OPTIONS',
    path: '/hooks',
    summary: 'The CloudEvents web hook handshake',
    access: 'public',
    answers: { 204: consent },
  },
  {
    method: 'POST',
    path: '/hooks/{source}',
    summary: 'Takes a delivery in as its source sends it',
    access: 'source',
    body: z.unknown(),
    answers: {
      200: {
        description: "a coding agent's hook: an empty decision; or Slack's challenge",
        schema: z.looseObject({}),
      },
      202: stored,
    },
  },
  {
    method: 'OPTIONS',
    path: '/hooks/{source}',
    summary: 'The CloudEvents web hook handshake',
    access: 'public',
    answers: { 204: consent },
  },
] as const satisfies readonly Route[]

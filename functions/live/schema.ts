import * as z from 'zod'
import type { Route } from '#shared/domain/http/route.ts'
import { eventFilter } from '#shared/schema/event-filter.ts'

/** A position in the order of recording. */
export const position = z.coerce
  .number()
  .int()
  .min(0)
  .max(Number.MAX_SAFE_INTEGER)
  .meta({ description: '`seq` of the last event seen; 0 for everything there is' })

export const liveQuery = eventFilter.extend({
  last_event_id: position.exactOptional(),
})

export const routes = [
  {
    method: 'GET',
    path: '/live',
    summary: 'Everything recorded from now on, or after `Last-Event-ID`, as server-sent events',
    access: 'reader',
    query: liveQuery,
    answers: {
      200: {
        description: '`event: recorded`, `id:` its seq, `data:` the event as /events shows it',
        schema: z.string(),
        mediaType: 'text/event-stream',
      },
    },
    streaming: true,
  },
] as const satisfies readonly Route[]

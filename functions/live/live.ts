import type { ActionRequest, Actions } from '#shared/domain/http/action.ts'
import { headerOf, type RequestHeaders } from '#shared/domain/http/headers.ts'
import { EVENT_STREAM } from '#shared/domain/http/server-sent-events.ts'
import { Failure } from '#shared/errors.ts'
import { position, type routes } from './schema.ts'
import { recordedStream, type StreamDependencies } from './stream.ts'

/** Everything recorded, as it is recorded. */
export const live = (dependencies: StreamDependencies): Actions<(typeof routes)[number]> => ({
  'GET /live': async ({
    query: { last_event_id, ...filter },
    headers,
    remainingMs,
    signal,
    identifyAgain,
  }) => {
    // The header is what a client sends by itself when it comes back, so it is the later word.
    const after = resumePoint(headers) ?? last_event_id ?? (await dependencies.events.latest())
    const stream = recordedStream(dependencies, {
      filter,
      after,
      remainingMs,
      signal,
      mayGoOn: () => mayRead(identifyAgain),
    })
    return { stream, mediaType: EVENT_STREAM, headers: { 'x-accel-buffering': 'no' } }
  },
})

function resumePoint(headers: RequestHeaders): number | undefined {
  const given = headerOf(headers, 'last-event-id')
  if (given === undefined || given === '') return undefined
  const read = position.safeParse(given)
  if (read.success) return read.data
  throw new Failure('InvalidInput', 'The header Last-Event-ID is not one of ours.', {
    errors: [{ pointer: '/headers/last-event-id', detail: 'must be the id of an event of /live' }],
  })
}

/** A stream outlives the check of who takes it, so that is looked at again while it runs. */
async function mayRead(identifyAgain: ActionRequest['identifyAgain']): Promise<boolean> {
  try {
    return (await identifyAgain?.())?.roles.includes('reader') ?? false
  } catch (error) {
    if (error instanceof Failure && (error.retryable || error.kind === 'Unauthenticated')) {
      return false
    }
    throw error
  }
}

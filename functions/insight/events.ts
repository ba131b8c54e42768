import type { Actions } from '#shared/domain/http/action.ts'
import { Failure } from '#shared/errors.ts'
import type { RecordedEvents } from '#shared/ports/recorded-events.ts'
import type { routes } from './schema.ts'

type EventRoute = Extract<(typeof routes)[number], { path: '/events' | '/events/{id}' }>

/** Recorded events. */
export const eventActions = (events: RecordedEvents): Actions<EventRoute> => ({
  'GET /events': async ({ query: { limit, cursor, ...filter } }) => ({
    body: await events.list(filter, pageOf(limit, cursor)),
  }),

  'GET /events/{id}': async ({ params: { id = '' }, query: { source } }) => {
    const [event, ...others] = await events.find(id, source)
    if (!event) throw new Failure('NotFound', `There is no event '${id}'${of(source)}.`)
    if (others.length > 0) throw ambiguous(id, [event, ...others])
    return { body: event }
  },
})

/** A page request as the ports take it. */
export const pageOf = (limit: number, cursor: string | undefined) =>
  cursor === undefined ? { limit } : { limit, cursor }

const of = (source: string | undefined) => (source === undefined ? '' : ` of source '${source}'`)

function ambiguous(id: string, events: readonly Readonly<{ source: string }>[]): Failure {
  const sources = events.map(({ source }) => `'${source}'`).join(', ')
  return new Failure(
    'Conflict',
    `Several sources use the id '${id}': ${sources}. Name one with ?source=.`,
  )
}

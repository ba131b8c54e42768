import type { Actions } from '#shared/domain/http/action.ts'
import { Failure } from '#shared/errors.ts'
import type { RecordedSessions } from '#shared/ports/recorded-sessions.ts'
import { pageOf } from './events.ts'
import type { routes } from './schema.ts'

type SessionRoute = Extract<
  (typeof routes)[number],
  { path: '/sessions' | '/sessions/{id}' | '/metrics/operations' }
>

/** Sessions and what their operations took. */
export const sessionActions = (
  sessions: RecordedSessions,
  now: () => Date,
): Actions<SessionRoute> => ({
  'GET /sessions': async ({ query: { limit, cursor, ...filter } }) => ({
    body: await sessions.list(filter, pageOf(limit, cursor)),
  }),

  'GET /sessions/{id}': async ({ params: { id = '' } }) => {
    const session = await sessions.find(id)
    if (!session) throw new Failure('NotFound', `There is no session '${id}'.`)
    return { body: session }
  },

  'GET /metrics/operations': async ({ query }) => {
    const to = query.to ?? now()
    const from = query.from ?? new Date(to.getTime() - query.window)
    const items = await sessions.operations({ from, to }, query.source)
    const window = { from: from.toISOString(), to: to.toISOString() }
    return { body: { window, items, next: null } }
  },
})

import type { Actions } from '#shared/domain/http/action.ts'
import { Failure } from '#shared/errors.ts'
import type { LearnedPatterns } from '#shared/ports/learned-patterns.ts'
import { pageOf } from './events.ts'
import type { routes } from './schema.ts'

type PatternRoute = Extract<
  (typeof routes)[number],
  { path: '/patterns' | '/patterns/{id}' | '/predictions' | '/graph' }
>

/** What was learned: patterns, the graph, and what comes next. */
export const patternActions = (patterns: LearnedPatterns): Actions<PatternRoute> => ({
  'GET /patterns': async ({ query: { limit, cursor, ...filter } }) => ({
    body: await patterns.list(filter, pageOf(limit, cursor)),
  }),

  'GET /patterns/{id}': async ({ params: { id = '' } }) => {
    const pattern = await patterns.find(id)
    if (!pattern) throw new Failure('NotFound', `There is no pattern '${id}'.`)
    return { body: pattern }
  },

  'GET /predictions': async ({ query: { session, source } }) => {
    const prediction = await patterns.predictSession(session, source)
    if (!prediction) throw new Failure('NotFound', `There is no session '${session}'.`)
    return { body: prediction }
  },

  'POST /predictions': async ({ body: { sequence, source } }) => ({
    body: await patterns.predictAfter(sequence, source),
  }),

  'GET /graph': async ({ query: { source } }) => ({ body: await patterns.graph(source) }),
})

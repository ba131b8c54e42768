import * as z from 'zod'
import type { Route } from '#shared/domain/http/route.ts'
import { listOf } from '#shared/schema/list.ts'
import { recordedEvent } from '#shared/schema/recorded-event.ts'
import {
  compatibility,
  graph,
  health,
  lag,
  liveness,
  metrics,
  pattern,
  prediction,
  readiness,
  session,
  sessionDetail,
} from './answers.ts'
import {
  compatibilityQuery,
  eventQuery,
  eventsQuery,
  graphQuery,
  metricsQuery,
  patternsQuery,
  sequenceBody,
  sessionPredictionQuery,
  sessionsQuery,
} from './queries.ts'

const HEALTH = 'application/health+json'

/** A route that takes a reader's key and answers 200. */
const reading = <
  const Method extends 'GET' | 'POST',
  const Path extends string,
  const Parts extends Pick<Route, 'query' | 'body'>,
>(
  method: Method,
  path: Path,
  summary: string,
  parts: Parts,
  schema: z.ZodType,
) => ({
  method,
  path,
  summary,
  access: 'reader' as const,
  ...parts,
  answers: { 200: { description: summary, schema } },
})

const answersOf = (schema: z.ZodType) => ({
  200: { description: 'pass or warn', schema, mediaType: HEALTH },
  503: { description: 'fail', schema, mediaType: HEALTH },
})

export const routes = [
  reading(
    'GET',
    '/events',
    'Recorded events, newest first by their own time',
    { query: eventsQuery },
    listOf(recordedEvent),
  ),
  reading(
    'GET',
    '/events/{id}',
    'A recorded event; 409 where several sources use the id and none is named',
    { query: eventQuery },
    recordedEvent,
  ),
  reading(
    'GET',
    '/sessions',
    'Sessions, most recently seen first',
    { query: sessionsQuery },
    listOf(session),
  ),
  reading(
    'GET',
    '/sessions/{id}',
    'A session with its ordered events and paired calls',
    {},
    sessionDetail,
  ),
  reading(
    'GET',
    '/patterns',
    'What was learned, most confident first',
    { query: patternsQuery },
    listOf(pattern),
  ),
  reading('GET', '/patterns/{id}', 'A pattern with its evidence', {}, pattern),
  reading(
    'GET',
    '/predictions',
    'What comes next in a session, most probable first',
    { query: sessionPredictionQuery },
    prediction,
  ),
  reading(
    'POST',
    '/predictions',
    'What comes next after a sequence of operations, most probable first',
    { body: sequenceBody },
    prediction,
  ),
  reading(
    'GET',
    '/metrics/operations',
    'Counts, errors and percentiles per operation in a window of time, busiest first',
    { query: metricsQuery },
    metrics,
  ),
  reading(
    'GET',
    '/graph',
    'The directly-follows graph of operations within sessions',
    { query: graphQuery },
    graph,
  ),
  reading(
    'GET',
    '/services/{name}/compatibility',
    'How versions of a service differ, as their calls show: failures, times, shape of answers',
    { query: compatibilityQuery },
    compatibility,
  ),
  reading('GET', '/lag', 'How far each consumer is behind, per topic and partition', {}, lag),
  {
    method: 'GET',
    path: '/livez',
    summary: 'The process is alive',
    access: 'public',
    answers: { 200: { description: 'alive', schema: liveness, mediaType: HEALTH } },
  },
  {
    method: 'GET',
    path: '/readyz',
    summary: 'Every part is reachable',
    access: 'public',
    answers: answersOf(readiness),
  },
  {
    method: 'GET',
    path: '/health',
    summary: 'How each part fares',
    access: 'reader',
    answers: answersOf(health),
  },
  {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This description of the API',
    access: 'public',
    answers: {
      200: { description: 'OpenAPI 3.1', schema: z.looseObject({ openapi: z.string() }) },
    },
  },
] as const satisfies readonly Route[]

import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { type InsightDependencies, insight } from '#functions/insight/insight.ts'
import { routes } from '#functions/insight/schema.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { aKeyWith, callersOf, fixedSnapshots } from './access.ts'
import { call } from './api.ts'
import {
  aRecordedEvent,
  eventsInMemory,
  fixedBrowser,
  fixedPatterns,
  fixedSessions,
} from './reading.ts'

type Options = Partial<InsightDependencies> & { kept?: RecordedEvent[] }

/** The reading API over ports in memory, its calls to them noted, and a reader who asks it. */
export function anInsight({ kept = [aRecordedEvent()], ...replaced }: Options = {}) {
  const reader = aKeyWith('reader')
  const calls: unknown[] = []
  const memory = eventsInMemory(kept)
  const snapshots = fixedSnapshots(reader.snapshot)
  const now = () => new Date('2026-01-01T12:00:00Z')
  const actions = insight({
    events: memory.events,
    sessions: fixedSessions(calls),
    patterns: fixedPatterns(calls),
    traffic: { versions: async () => [], newestTrial: async () => undefined },
    browser: fixedBrowser,
    snapshots,
    now,
    version: '1.2.3',
    openapi: { openapi: '3.1.1' },
    ...replaced,
  })
  const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(problem('insight'))
    .use(authenticate(routes, callersOf(snapshots, now)))
    .handler(serve(routes, actions))
  const get = (url: string, resource?: string) =>
    call(handler, { url, headers: reader.headers, ...(resource ? { resource } : {}) })
  const post = (url: string, body: unknown) =>
    call(handler, { method: 'POST', url, body, headers: reader.headers })
  return { handler, get, post, calls, listed: memory.calls }
}

import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { onTestFinished } from 'vitest'
import { rulesStore } from '#functions/version-router/rules-store.ts'
import { routes } from '#functions/version-router/schema.ts'
import { versionRouter } from '#functions/version-router/version-router.ts'
import { transformer } from '#shared/adapters/transform/transformer.ts'
import type { Role } from '#shared/domain/access.ts'
import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import { Failure } from '#shared/errors.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import { call } from './api.ts'

/** A step whose examples say what is right. */
export const aStep = (from: string, to: string, request: string, response: string) => ({
  ...{ from, to, request: { kind: 'jsonata', expression: request } },
  response: { kind: 'jsonata', expression: response },
  examples: [
    { direction: 'request', input: { body: { amount: 5 } }, output: { body: { cents: 500 } } },
    { direction: 'response', input: { body: { cents: 500 } }, output: { body: { amount: 5 } } },
  ],
})

/** From amounts in units to amounts in cents, and back. */
export const centsStep = aStep(
  '^1',
  '^2',
  '{"body": {"cents": body.amount * 100}}',
  '{"body": {"amount": body.cents / 100}}',
)

/** The function `version-router` on a store, with a log that can be away and a catalog. */
export async function aRouter(store: KeyValue, service = 'billing') {
  onTestFinished(() => store.close())
  const told: NewRecord[] = []
  const place = { logIsAway: false, catalog: undefined as ServiceCatalog | undefined }
  const actions = versionRouter({
    rules: rulesStore(store),
    transformer: transformer(),
    catalog: { find: () => place.catalog && { catalog: place.catalog, stale: false } },
    events: {
      async append(records) {
        if (place.logIsAway) throw new Failure('Unavailable', 'no log')
        told.push(...records)
        return []
      },
    },
    random: () => 0,
    now: () => new Date('2026-11-24T12:00:00Z'),
  })
  let roles: readonly Role[] = ['reader', 'operator']
  const callers = {
    identify: async () => ({
      principal: { kind: 'key', id: 'k1', name: 'ops', roles } as const,
      credential: 'authorization' as const,
    }),
  }
  const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(problem('version-router'))
    .use(authenticate(routes, callers))
    .handler(serve(routes, actions))
  const ask = (method: string, url: string, body?: unknown, headers = {}) => {
    const resource = url.split('?')[0]?.replace(/^\/services\/[^/]+/, '/services/{name}') ?? ''
    return call(handler, { method, url, resource, headers, body })
  }
  const put = (rules: unknown, headers = {}) =>
    ask('PUT', `/services/${service}/routing`, rules, headers)
  return { ask, put, told, place, store, as: (only: readonly Role[]) => (roles = only) }
}

/** What was told as events. */
export const eventsOf = (told: readonly NewRecord[]) =>
  told.map(({ value, headers }) => ({
    id: headers.ce_id,
    type: headers.ce_type,
    data: JSON.parse(Buffer.from(value ?? []).toString()),
  }))

import middy from '@middy/core'
import type { APIGatewayProxyEvent, APIGatewayProxyResult } from 'aws-lambda'
import { expect, it } from 'vitest'
import { z } from 'zod'
import type { Role } from '#shared/domain/access.ts'
import type { Actions } from '#shared/domain/http/action.ts'
import { Failure } from '#shared/errors.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import { aKeyWith, callersOf } from '#test/support/access.ts'
import { call } from '#test/support/api.ts'

const answers = { 200: { description: 'ok' } }
const routes = [
  {
    method: 'GET',
    path: '/things',
    summary: 'list',
    access: 'reader',
    query: z.strictObject({ limit: z.coerce.number().int().max(10).default(5) }),
    answers,
  },
  {
    method: 'PUT',
    path: '/things/{name}',
    summary: 'put',
    access: 'operator',
    body: z.strictObject({ parts: z.array(z.object({ size: z.number() })) }),
    answers,
  },
  { method: 'DELETE', path: '/things/{name}', summary: 'drop', access: 'operator', answers },
  { method: 'GET', path: '/open', summary: 'for all', access: 'public', answers },
] as const

const actions: Actions<(typeof routes)[number]> = {
  'GET /things': async ({ query }) => ({ body: query }),
  'PUT /things/{name}': async ({ params, body }) => ({ status: 201, body: { params, body } }),
  'DELETE /things/{name}': async () => ({}),
  'GET /open': async () => ({ body: 'open' }),
}

const serving = (...roles: Role[]) => {
  const caller = aKeyWith(...roles)
  const handler = middy<APIGatewayProxyEvent, APIGatewayProxyResult>()
    .use(problem('test'))
    .use(authenticate(routes, callersOf(caller.snapshot)))
    .handler(serve(routes, actions))
  return { handler, ...caller }
}

const thing = { resource: '/things/{name}', url: '/things/a%2Fb' }

it('gives an action what its schemas read', async () => {
  const { handler, headers } = serving('reader')
  expect((await call(handler, { url: '/things', headers })).body).toEqual({ limit: 5 })
  expect((await call(handler, { url: '/things?limit=7', headers })).body).toEqual({ limit: 7 })
})

it('gives an action its path parameters decoded and its body', async () => {
  const { handler, headers } = serving('operator')
  const body = { parts: [{ size: 1 }] }
  const answer = await call(handler, { method: 'PUT', ...thing, headers, body })
  expect(answer).toMatchObject({ status: 201, body: { params: { name: 'a/b' }, body } })
})

it('answers 204 where there is no body', async () => {
  const { handler, headers } = serving('operator')
  const answer = await call(handler, { method: 'DELETE', ...thing, headers })
  expect(answer).toMatchObject({ status: 204, body: '' })
  expect(answer.headers['content-type']).toBeUndefined()
})

it.each([
  { what: 'a wrong value', url: '/things?limit=11', pointers: ['/query/limit'] },
  { what: 'no number', url: '/things?limit=many', pointers: ['/query/limit'] },
  { what: 'unknown parameters', url: '/things?a=1&b=2', pointers: ['/query/a', '/query/b'] },
  { what: 'a repeated parameter', url: '/things?limit=1&limit=2', pointers: ['/query/limit'] },
  {
    what: 'a parameter named __proto__',
    url: '/things?__proto__=1',
    pointers: ['/query/__proto__'],
  },
  { what: 'a parameter where none is taken', url: '/open?a=1', pointers: ['/query/a'] },
])('refuses $what in a query and names it', async ({ url, pointers }) => {
  const { handler, headers } = serving('reader')
  const resource = new URL(url, 'http://x').pathname
  const { status, body } = await call(handler, { url, resource, headers })
  expect(status).toBe(422)
  expect(body.errors.map((error: { pointer: string }) => error.pointer)).toEqual(pointers)
})

it.each([
  { what: 'no body', body: undefined, status: 400 },
  { what: 'no JSON', body: '{"parts":', status: 400 },
  { what: 'a wrong member', body: { parts: [{ size: '1' }] }, status: 422, at: '/parts/0/size' },
  { what: 'a missing member', body: {}, status: 422, at: '/parts' },
  { what: 'an unknown member', body: { parts: [], 'a/b': 1 }, status: 422, at: '/a~1b' },
  { what: 'something that is no object', body: [], status: 422, at: '' },
])('refuses a body with $what', async ({ body, status, at }) => {
  const { handler, headers } = serving('operator')
  const answer = await call(handler, { method: 'PUT', ...thing, headers, body })
  expect(answer.status).toBe(status)
  expect(answer.body.errors?.[0].pointer).toBe(at)
})

it('refuses a body of another media type', async () => {
  const { handler, headers } = serving('operator')
  const answer = await call(handler, {
    method: 'PUT',
    ...thing,
    headers: { ...headers, 'Content-Type': 'text/plain' },
    body: '{}',
  })
  expect(answer.status).toBe(415)
})

it('refuses a body over 1 MiB', async () => {
  const { handler, headers } = serving('operator')
  const body = JSON.stringify({ parts: [], filler: 'x'.repeat(1_048_576) })
  const answer = await call(handler, { method: 'PUT', ...thing, headers, body })
  expect(answer.status).toBe(413)
})

it.each([
  { what: 'an unknown path', request: { url: '/nothing' }, status: 404 },
  { what: 'a method the path does not take', request: { ...thing, method: 'POST' }, status: 405 },
  {
    what: 'a path with a NUL',
    request: { ...thing, url: '/things/%00', method: 'DELETE' },
    status: 404,
  },
])('answers $what with $status', async ({ request, status }) => {
  const { handler, headers } = serving('operator')
  const answer = await call(handler, { ...request, headers })
  expect(answer.status).toBe(status)
  expect(answer.headers.traceparent).toBeDefined()
  expect(answer.headers.allow).toBe(status === 405 ? 'DELETE, PUT' : undefined)
})

it.each([
  { what: 'no key', headers: () => ({}), status: 401 },
  { what: 'another scheme', headers: () => ({ authorization: 'Basic eDp5' }), status: 401 },
  { what: 'an unknown key', headers: () => ({ authorization: 'Bearer omni_x' }), status: 401 },
  {
    what: 'its key as a bearer',
    headers: (key: string) => ({ Authorization: `bearer ${key}` }),
    status: 200,
  },
  { what: 'its key as X-API-Key', headers: (key: string) => ({ 'X-Api-Key': key }), status: 200 },
])('a caller with $what is answered $status', async ({ headers, status }) => {
  const { handler, key } = serving('reader')
  const answer = await call(handler, { url: '/things', headers: headers(key) })
  expect(answer.status).toBe(status)
  if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm=/)
})

it('names the role that a key lacks', async () => {
  const { handler, headers } = serving('writer', 'admin')
  const { status, body } = await call(handler, { url: '/things', headers })
  expect(status).toBe(403)
  expect(body.detail).toContain("'reader'")
})

it('asks no key where the route is public', async () => {
  expect((await call(serving().handler, { url: '/open' })).status).toBe(200)
})

it('refuses everyone while keys cannot be checked', async () => {
  const { headers } = aKeyWith('reader')
  const down = {
    current: async () => {
      throw new Failure('Unavailable', 'no snapshot')
    },
  }
  const handler = middy()
    .use(problem('test'))
    .use(authenticate(routes, callersOf(down)))
    .handler(async () => ({ statusCode: 200, body: 'never' }))
  const answer = await call(handler, { url: '/things', headers })
  expect(answer.status).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
})

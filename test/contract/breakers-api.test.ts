import middy from '@middy/core'
import { expect, it, onTestFinished, vi } from 'vitest'
import { breakerActions } from '#functions/service-registry/breakers.ts'
import { routes } from '#functions/service-registry/schema.ts'
import { memoryDirectory } from '#shared/adapters/memory/directory.ts'
import { memoryKeyValue } from '#shared/adapters/memory/key-value.ts'
import type { AccessSnapshot } from '#shared/domain/access.ts'
import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import { newKey } from '#shared/domain/keys.ts'
import { readSharedBreaker, type SharedBreaker } from '#shared/domain/resilience/shared-breaker.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import { callersOf } from '#test/support/access.ts'
import { call } from '#test/support/api.ts'
import { aRegistration } from '#test/support/discovery.ts'

const NOW = Date.parse('2026-11-24T10:00:00Z')

async function anApi() {
  const keyValue = memoryKeyValue()
  const directory = memoryDirectory()
  onTestFinished(() => directory.close())
  const lines: NewRecord[] = []
  const keys = Object.fromEntries(
    ['reader', 'operator'].map((role) => {
      const { id, key, digest } = newKey()
      return [role, { key, entry: { id, name: `the ${role}`, digest, roles: [role] } }]
    }),
  )
  const entries = Object.values(keys).map(({ entry }) => entry)
  const snapshot: AccessSnapshot = { version: 1, keys: entries, sources: [] }
  const actions = breakerActions({
    ...{ keyValue, directory, now: () => new Date(NOW) },
    log: {
      async append(records) {
        lines.push(...records)
        return []
      },
    },
  })
  const own = routes.filter(
    (route) => route.path === '/breakers' || route.path === '/breakers/{service}/reset',
  )
  const handler = middy()
    .use(problem('service-registry'))
    .use(authenticate(own, callersOf(snapshot)))
    .handler(serve(own, actions))
  const ask = async (method: string, url: string, as = 'operator', body?: unknown) => {
    const resource = url.replace(/\?.*/, '').replace(/^\/breakers\/[^/]+/, '/breakers/{service}')
    const headers = { authorization: `Bearer ${keys[as]?.key}` }
    return call(handler, { method, url, body, resource, headers })
  }
  const put = (service: string, instance: string, told: Partial<SharedBreaker> = {}) =>
    keyValue.set(
      catalogKeys.breaker(service, instance),
      JSON.stringify({
        ...{ service, instance, state: 'open', since: NOW - 1_000, reason: '5 faults in a row' },
        ...{ retryAt: NOW + 29_000, ...told },
      }),
    )
  const recordOf = async (service: string, instance: string) =>
    readSharedBreaker((await keyValue.get(catalogKeys.breaker(service, instance)))?.value ?? '')
  const told = () =>
    lines.map(({ headers, value }) => ({
      type: headers.ce_type,
      data: JSON.parse(Buffer.from(value ?? []).toString()),
    }))
  return { ask, put, recordOf, told, keyValue, directory }
}

const namesOf = (items: readonly { service: string; instance: string | null }[]) =>
  items.map(({ service, instance }) => `${service}/${instance}`)

it('lists circuits by service and instance, page by page', async () => {
  const { ask, put, keyValue } = await anApi()
  await put('billing', '*')
  await put('billing', 'a', { state: 'closed', retryAt: 0, reason: 'the trial went well' })
  await put('invoices', 'b')
  await keyValue.set('breakers/billing/nonsense', '{')
  const first = await ask('GET', '/breakers?limit=2', 'reader')
  expect(first.status).toBe(200)
  expect(first.body.items).toEqual([
    {
      ...{ service: 'billing', instance: null, state: 'open', reason: '5 faults in a row' },
      ...{ since: '2026-11-24T09:59:59.000Z', retry_at: '2026-11-24T10:00:29.000Z' },
    },
    {
      ...{ service: 'billing', instance: 'a', state: 'closed', reason: 'the trial went well' },
      ...{ since: '2026-11-24T09:59:59.000Z', retry_at: null },
    },
  ])
  const next = await ask('GET', `/breakers?limit=2&cursor=${first.body.next}`, 'reader')
  expect(namesOf(next.body.items)).toEqual(['invoices/b'])
  expect(next.body.next).toBeNull()
})

it('lists those of a service, and those in a state', async () => {
  const { ask, put } = await anApi()
  await put('billing', 'a')
  await put('billing-old', 'a')
  await put('billing', 'b', { state: 'half-open' })
  const ofService = await ask('GET', '/breakers?service=billing', 'reader')
  expect(namesOf(ofService.body.items)).toEqual(['billing/a', 'billing/b'])
  const open = await ask('GET', '/breakers?state=open', 'reader')
  expect(namesOf(open.body.items)).toEqual(['billing-old/a', 'billing/a'])
  expect((await ask('GET', '/breakers?state=ajar', 'reader')).status).toBe(422)
})

it('closes the circuit of a service and those of its instances, and tells who did it', async () => {
  const { ask, put, recordOf, told } = await anApi()
  await put('billing', 'a')
  await put('billing', 'b', { state: 'closed' })
  await put('invoices', 'a')
  const answer = await ask('POST', '/breakers/billing/reset')
  expect(answer.status).toBe(200)
  expect(namesOf(answer.body.items)).toEqual(['billing/null', 'billing/a'])
  const closed = { state: 'closed', since: NOW, reason: 'reset by the operator' }
  expect(await recordOf('billing', '*')).toMatchObject(closed)
  expect(await recordOf('billing', 'a')).toMatchObject(closed)
  expect(await recordOf('invoices', 'a')).toMatchObject({ state: 'open' })
  expect(told()).toMatchObject(
    ['*', 'a'].map((instance) => ({
      type: 'services.health.breaker_closed',
      data: { instance, actor: { kind: 'key', name: 'the operator' } },
    })),
  )
})

it('closes one instance alone, later than whatever it was, also before it was ever open', async () => {
  const { ask, put, recordOf, directory } = await anApi()
  await directory.register(aRegistration({ service: 'billing', id: 'b' }))
  await put('billing', 'a', { since: NOW + 5_000 })
  await ask('POST', '/breakers/billing/reset', 'operator', { instance: 'a' })
  expect(await recordOf('billing', 'a')).toMatchObject({ state: 'closed', since: NOW + 5_001 })
  expect(await recordOf('billing', '*')).toBeUndefined()
  const answer = await ask('POST', '/breakers/billing/reset', 'operator', { instance: 'b' })
  expect(answer.status).toBe(200)
})

it('knows no service and no instance that nobody registered', async () => {
  const { ask, put } = await anApi()
  await put('billing', 'a')
  expect((await ask('POST', '/breakers/nobody/reset')).status).toBe(404)
  expect((await ask('POST', '/breakers/billing/reset', 'operator', { instance: 'z' })).status).toBe(
    404,
  )
  expect((await ask('POST', '/breakers/Not%20a%20name/reset')).status).toBe(422)
})

it('is for operators to reset and for readers to see', async () => {
  const { ask } = await anApi()
  expect((await ask('POST', '/breakers/billing/reset', 'reader')).status).toBe(403)
  expect((await ask('GET', '/breakers', 'operator')).status).toBe(403)
})

it('tries again when an environment writes at the same moment', async () => {
  const { ask, put, keyValue, recordOf } = await anApi()
  await put('billing', 'a')
  const get = keyValue.get.bind(keyValue)
  vi.spyOn(keyValue, 'get').mockImplementationOnce(async (key) => {
    const found = await get(key)
    await put('billing', 'a', { state: 'half-open', since: NOW + 10 })
    return found
  })
  await ask('POST', '/breakers/billing/reset', 'operator', { instance: 'a' })
  expect(await recordOf('billing', 'a')).toMatchObject({ state: 'closed', since: NOW + 11 })
})

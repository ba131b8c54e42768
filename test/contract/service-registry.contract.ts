import middy from '@middy/core'
import { describe, expect, it, onTestFinished } from 'vitest'
import { routes } from '#functions/service-registry/schema.ts'
import { serviceRegistry } from '#functions/service-registry/service-registry.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import type { AccessSnapshot } from '#shared/domain/access.ts'
import type { Grant } from '#shared/domain/access-roles.ts'
import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import { newKey } from '#shared/domain/keys.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { serve } from '#shared/middleware/serve.ts'
import type { Refusal } from '#shared/ports/access-audit.ts'
import type { Directory } from '#shared/ports/directory.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import { callersOf, fixedSnapshots } from '#test/support/access.ts'
import { call } from '#test/support/api.ts'
import { aName } from '#test/support/discovery.ts'

export type Place = Readonly<{ directory: Directory; keyValue: KeyValue }>

const SOON = { timeout: 5_000, interval: 20 }
const ROLE = 'billing-team'
const INSTANCE = { address: '127.0.0.1', port: 8_080, version: '1.2.3' }

/** What the registry's API does, whatever directory stands behind it. */
export function serviceRegistryContract(open: () => Promise<Place>) {
  async function aRegistry(grants: readonly Grant[] = []) {
    const { directory, keyValue } = await open()
    const named = (...roles: string[]) => {
      const { id, key, digest } = newKey()
      return { key, entry: { id, name: roles.join(), digest, roles } }
    }
    const keys = {
      registrar: named('registrar'),
      reader: named('reader'),
      team: named(ROLE),
    }
    const snapshot: AccessSnapshot = {
      version: 1,
      keys: Object.values(keys).map(({ entry }) => entry),
      sources: [],
      roles: [{ name: ROLE, grants }],
    }
    const refusals: Refusal[] = []
    const touched = new Set<string>()
    const actions = serviceRegistry({
      ...{ directory, keyValue, log: { append: async () => [] } },
      snapshots: fixedSnapshots(snapshot),
      audit: { denied: async (refusal) => void refusals.push(refusal) },
      networks: upstreamNetworks('127.0.0.0/8,::1/128'),
      leadsOutside: async (host) => host === 'outside.test',
      now: () => new Date('2026-11-24T10:00:00Z'),
    })
    const handler = middy()
      .use(problem('service-registry'))
      .use(authenticate(routes, callersOf(snapshot)))
      .handler(serve(routes, actions))
    const ask = (
      method: string,
      url: string,
      { as = 'registrar', body }: { as?: keyof typeof keys; body?: unknown } = {},
    ) => {
      const [, instance = ''] = /^(\/services\/[^/]+\/instances\/[^/]+)/.exec(url) ?? []
      if (instance) touched.add(instance)
      return call(handler, {
        ...{ method, url, body },
        resource: url
          .replace(/\?.*/, '')
          .replace(/^\/services\/[^/]+/, '/services/{name}')
          .replace(/\/instances\/[^/]+/, '/instances/{id}'),
        headers: { authorization: `Bearer ${keys[as].key}` },
      })
    }
    onTestFinished(async () => {
      for (const instance of touched) await ask('DELETE', instance)
      await directory.close()
      await keyValue.close()
    })
    const put = (service: string, id: string, changes: object = {}) =>
      ask('PUT', `/services/${service}/instances/${id}`, { body: { ...INSTANCE, ...changes } })
    const list = async (service: string, query = '') =>
      (await ask('GET', `/services/${service}${query}`, { as: 'reader' })).body
    return { ask, put, list, keyValue, directory, refusals }
  }

  describe('registering', () => {
    it('takes what an instance says of itself and lists it with its health', async () => {
      const { put, list } = await aRegistry()
      const service = aName('billing')
      const answer = await put(service, 'one', {
        ...{ capabilities: ['invoices.read'], tags: ['blue'], meta: { team: 'a' }, zone: 'z1' },
        check: { ttl_ms: 30_000, remove_after_ms: 60_000 },
      })
      const registered = {
        ...INSTANCE,
        ...{ service, id: 'one', protocol: 'http', capabilities: ['invoices.read'] },
        ...{ tags: ['blue'], meta: { team: 'a', zone: 'z1' }, zone: 'z1', document: null },
      }
      expect(answer).toMatchObject({ status: 200 })
      expect(answer.body).toEqual({
        ...registered,
        check: { ttl_ms: 30_000, remove_after_ms: 60_000 },
      })
      expect(await list(service)).toEqual({
        items: [{ ...registered, health: 'passing', reason: '' }],
        next: null,
      })
    })

    it('expects to hear of an instance that says nothing of checks within half a minute', async () => {
      const { put } = await aRegistry()
      expect((await put(aName('s'), 'one')).body.check).toEqual({ ttl_ms: 30_000 })
    })

    it.each([
      { given: '/health?deep=1', scheme: 'http', path: '/health?deep=1' },
      { given: 'http://127.0.0.1:8080/health', scheme: 'http', path: '/health' },
      { given: 'https://127.0.0.1:8080', scheme: 'https', path: '/' },
    ])('takes $given as where to ask', async ({ given, scheme, path }) => {
      const { put, list } = await aRegistry()
      const service = aName('s')
      const { body } = await put(service, 'one', { check: { http: given, interval_ms: 60_000 } })
      expect(body.check).toEqual({
        ...{ http: path, scheme, interval_ms: 60_000, timeout_ms: 2_000 },
      })
      expect((await list(service)).items).toMatchObject([{ health: 'critical' }])
    })

    it('renews by the same PUT', async () => {
      const { put, list } = await aRegistry()
      const service = aName('s')
      const check = { ttl: true, interval_ms: 1_000 }
      await put(service, 'one', { check })
      await expect.poll(async () => (await list(service)).items[0]?.health, SOON).toBe('critical')
      await put(service, 'one', { check })
      expect((await list(service)).items).toMatchObject([{ health: 'passing' }])
    })

    it('names every wrong place at once', async () => {
      const { put } = await aRegistry()
      const { status, body } = await put('Billing_', 'No Way', {
        ...{ address: 'http://x', port: 0, version: '1' },
        ...{ capabilities: ['a b'], meta: { document: 'x', version: '1' } },
        check: { http: 'http://elsewhere.test/health', interval_ms: 1 },
      })
      expect(status).toBe(422)
      expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual([
        '/address',
        '/capabilities',
        '/check/http',
        '/check/interval_ms',
        '/meta/document',
        '/meta/version',
        '/path/id',
        '/path/name',
        '/port',
        '/version',
      ])
    })

    it.each(['10.0.0.1', '169.254.169.254', 'fd00::1', '10.1', '0x0a000001', '::ffff:10.0.0.1'])(
      'refuses %s, which lies outside of the networks for upstreams',
      async (address) => {
        const { put, directory } = await aRegistry()
        const service = aName('s')
        const { status, body } = await put(service, 'one', { address })
        expect(status).toBe(422)
        expect(body.errors).toMatchObject([{ pointer: '/address' }])
        expect(await directory.instances(service)).toEqual([])
      },
    )

    it('takes a name that leads elsewhere, but never asks there', async () => {
      const { put } = await aRegistry()
      const service = aName('s')
      expect((await put(service, 'one', { address: 'outside.test' })).status).toBe(200)
      const asked = await put(service, 'two', { address: 'outside.test', check: { http: '/' } })
      expect(asked.status).toBe(422)
      expect(asked.body.errors).toMatchObject([{ pointer: '/address' }])
    })

    it.each([
      { check: {}, why: 'says nothing' },
      { check: { http: '/', ttl_ms: 30_000 }, why: 'says two things' },
    ])('refuses a check that $why', async ({ check }) => {
      const { put } = await aRegistry()
      const { status, body } = await put(aName('s'), 'one', { check })
      expect(status).toBe(422)
      expect(body.errors).toMatchObject([{ pointer: '/check' }])
    })
  })

  describe('tools', () => {
    const tools = [{ name: 'search', inputSchema: { type: 'object', title: 'ü'.repeat(600) } }]

    it('are kept beside the directory and listed on request, until the instance is gone', async () => {
      const { put, ask, list, keyValue } = await aRegistry()
      const service = aName('s')
      const { body } = await put(service, 'one', { tools })
      expect(body.document).toMatch(/^[0-9a-f]{64}$/)
      expect((await list(service)).items[0]).toMatchObject({ document: body.document })
      expect((await list(service)).items[0]).not.toHaveProperty('tools')
      expect((await list(service, '?include=documents')).items[0].tools).toEqual(tools)
      await ask('DELETE', `/services/${service}/instances/one`)
      expect(await keyValue.get(catalogKeys.document(service, 'one'))).toBeUndefined()
    })

    it('are written once for the same PUT, and anew when they change', async () => {
      const { put, list, keyValue } = await aRegistry()
      const service = aName('s')
      const version = async () =>
        (await keyValue.get(catalogKeys.document(service, 'one')))?.version
      await put(service, 'one', { tools })
      const first = await version()
      await put(service, 'one', { tools })
      expect(await version()).toBe(first)
      await put(service, 'one', { tools: [{ name: 'find' }] })
      expect(await version()).not.toBe(first)
      expect((await list(service, '?include=documents')).items[0].tools).toEqual([{ name: 'find' }])
    })

    it('that are too many are refused by name', async () => {
      const { put } = await aRegistry()
      const { status, body } = await put(aName('s'), 'one', {
        tools: [{ name: 'x'.repeat(524_288) }],
      })
      expect(status).toBe(422)
      expect(body.errors).toMatchObject([{ pointer: '/tools' }])
    })
  })

  describe('renewing', () => {
    it('says how an instance is, with nothing said for passing', async () => {
      const { put, ask, list } = await aRegistry()
      const service = aName('s')
      const url = `/services/${service}/instances/one/renew`
      await put(service, 'one')
      const body = { status: 'warning', note: 'queue is 80 % full' }
      expect((await ask('POST', url, { body })).status).toBe(204)
      expect((await list(service)).items).toMatchObject([
        { health: 'warning', reason: 'queue is 80 % full' },
      ])
      expect((await ask('POST', url)).status).toBe(204)
      expect((await list(service)).items).toMatchObject([{ health: 'passing', reason: '' }])
    })

    it('is not found for an instance that is not there', async () => {
      const { ask } = await aRegistry()
      const answer = await ask('POST', `/services/${aName('s')}/instances/one/renew`)
      expect(answer.status).toBe(404)
    })
  })

  it('takes an instance out of service for maintenance, and back in', async () => {
    const { put, ask, list } = await aRegistry()
    const service = aName('s')
    const url = `/services/${service}/instances/one/maintenance`
    expect((await ask('PUT', url, { body: { reason: 'x' } })).status).toBe(404)
    await put(service, 'one')
    expect((await ask('PUT', url, { body: { reason: 'new disk' } })).status).toBe(204)
    expect((await list(service)).items).toMatchObject([
      { health: 'maintenance', reason: 'new disk' },
    ])
    expect((await ask('DELETE', url)).status).toBe(204)
    expect((await list(service)).items).toMatchObject([{ health: 'passing' }])
  })

  it('removes an instance, and does not mind one that is not there', async () => {
    const { put, ask } = await aRegistry()
    const service = aName('s')
    await put(service, 'one')
    for (let nr = 0; nr < 2; nr++) {
      expect((await ask('DELETE', `/services/${service}/instances/one`)).status).toBe(204)
    }
    expect((await ask('GET', `/services/${service}`, { as: 'reader' })).status).toBe(404)
  })

  describe('listing', () => {
    async function aFleet() {
      const registry = await aRegistry()
      const service = aName('fleet')
      const { put, ask } = registry
      await put(service, 'a', { version: '1.2.0', capabilities: ['read'] })
      await put(service, 'b', { version: '1.10.0', capabilities: ['read', 'write'] })
      await put(service, 'c', { version: '2.0.0-rc.1', capabilities: ['write'] })
      const body = { status: 'critical', note: 'no' }
      await ask('POST', `/services/${service}/instances/b/renew`, { body })
      const ids = async (query: string) =>
        (await registry.list(service, query)).items.map(({ id }: { id: string }) => id)
      return { ...registry, service, ids }
    }

    it.each([
      ['?version=%5E1.2', ['a', 'b']],
      ['?version=%3E%3D2.0.0-rc.1', ['c']],
      ['?version=3', []],
      ['?capability=write', ['b', 'c']],
      ['?passing=true', ['a', 'c']],
      ['?passing=false', ['b']],
      ['?version=1.x&capability=read&passing=true', ['a']],
    ])('filters instances by %s', async (query, expected) => {
      expect(await (await aFleet()).ids(query)).toEqual(expected)
    })

    it('pages through instances', async () => {
      const { list, service } = await aFleet()
      const first = await list(service, '?limit=2')
      expect(first.items.map(({ id }: { id: string }) => id)).toEqual(['a', 'b'])
      const second = await list(service, `?limit=2&cursor=${first.next}`)
      expect(second.items.map(({ id }: { id: string }) => id)).toEqual(['c'])
      expect(second.next).toBeNull()
    })

    it('pages through services with what they are, and leaves out those that a filter has nothing of', async () => {
      const { ask, put, service } = await aFleet()
      const other = `${service}-x`
      await put(other, 'one', { version: '3.0.0' })
      const found = new Map<string, unknown>()
      let cursor: string | null = ''
      const cursors = new Set<string | null>()
      while (cursor !== null && !cursors.has(cursor)) {
        cursors.add(cursor)
        const query: string = `?limit=1&capability=read${cursor && `&cursor=${cursor}`}`
        const { status, body } = await ask('GET', `/services${query}`, { as: 'reader' })
        expect(status).toBe(200)
        expect(body.items.length).toBeLessThanOrEqual(1)
        for (const item of body.items) found.set(item.name, item)
        cursor = body.next
      }
      expect(cursor).toBeNull()
      expect(found.has(other)).toBe(false)
      expect(found.get(service)).toEqual({
        name: service,
        instances: { passing: 1, warning: 0, critical: 1, maintenance: 0 },
        versions: ['1.10.0', '1.2.0'],
        capabilities: ['read', 'write'],
      })
    })

    it('refuses a range that is none, and a cursor that is not ours', async () => {
      const { ask } = await aRegistry()
      for (const query of ['?version=one', '?cursor=%F0']) {
        expect((await ask('GET', `/services${query}`, { as: 'reader' })).status).toBe(422)
      }
    })
  })

  describe('access', () => {
    it('lets a role register the services that it grants, and no other', async () => {
      const service = aName('billing')
      const grant = { service, capabilities: [], register: true }
      const { ask, refusals } = await aRegistry([grant])
      const as = 'team'
      const put = (name: string) =>
        ask('PUT', `/services/${name}/instances/one`, { as, body: INSTANCE })
      expect((await put(service)).status).toBe(200)
      const refused = await put(`${service}-x`)
      expect(refused.status).toBe(403)
      expect(refused.body).toMatchObject({
        missing: { service: `${service}-x`, register: true },
        held: [ROLE],
      })
      expect(refusals).toMatchObject([{ wish: { action: 'register', service: `${service}-x` } }])
    })

    it('lets no reader register, renew, remove or maintain, and no registrar read', async () => {
      const { ask, put } = await aRegistry()
      const service = aName('s')
      const url = `/services/${service}/instances/one`
      await put(service, 'one')
      const as = 'reader'
      expect((await ask('PUT', url, { as, body: INSTANCE })).status).toBe(403)
      expect((await ask('DELETE', url, { as })).status).toBe(403)
      expect((await ask('POST', `${url}/renew`, { as })).status).toBe(403)
      expect((await ask('PUT', `${url}/maintenance`, { as })).status).toBe(403)
      expect((await ask('DELETE', `${url}/maintenance`, { as })).status).toBe(403)
      expect((await ask('GET', `/services/${service}`)).status).toBe(403)
    })
  })
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { brokenAt, type TrailEntry } from '#shared/domain/audit-trail.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { httpClient } from '#test/support/http-client.ts'
import { type System, startSystem } from '#test/support/system.ts'
import { anIssuerKey, LOGIN } from '#test/support/token-issuer.ts'

const SOON = { timeout: 20_000, interval: 50 }
const LIFECYCLE = '/events?topic=services.lifecycle'

describe('access to an embedded system', () => {
  let system: System
  beforeAll(async () => {
    system = await startSystem()
  }, 90_000)
  afterAll(() => system.stop())

  const ask = async (method: string, path: string, body?: unknown, key = system.key) => {
    const answer = await fetch(system.address + path, {
      method,
      headers: {
        authorization: `Bearer ${key}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const events = (query = '') =>
    httpClient(system.address, system.key).all<RecordedEvent>(LIFECYCLE + query)
  const aKey = async (...roles: string[]): Promise<string> => {
    const made = await ask('POST', '/keys', { name: roles.join(' '), roles })
    expect(made.status).toBe(201)
    return made.body.key
  }
  const instance = {
    address: '127.0.0.1',
    port: 8_080,
    version: '1.0.0',
    check: { ttl_ms: 60_000 },
  }

  /** Each function looks for changes by itself: one may know already what another does not. */
  const becomes = (status: number, call: () => Promise<{ status: number }>) =>
    expect.poll(async () => (await call()).status, SOON).toBe(status)

  it('has a first key with every built-in role', async () => {
    const [first] = (await ask('GET', '/keys')).body.items
    expect(first.roles).toEqual(['writer', 'reader', 'operator', 'admin', 'caller', 'registrar'])
  })

  it('gives the holder of an own role what it grants, and says what else would take', async () => {
    const grants = [{ service: 'billing', capabilities: [], register: true }]
    expect((await ask('PUT', '/roles/billing-host', { grants })).status).toBe(201)
    const key = await aKey('billing-host')
    const register = (service: string) =>
      ask('PUT', `/services/${service}/instances/one`, instance, key)
    await expect.poll(async () => (await register('billing')).status, SOON).toBeLessThan(300)
    const refused = await register('search')
    expect(refused).toMatchObject({
      status: 403,
      body: {
        missing: { service: 'search', capabilities: [], register: true },
        held: ['billing-host'],
        why: expect.any(String),
      },
    })
    await becomes(403, () => ask('GET', '/events', undefined, key))
    for (let i = 0; i < 20; i++) await register('search')

    const denied = async () =>
      (await events('&type=services.lifecycle.access_denied')).map(({ data }) => data)
    await expect.poll(denied, SOON).toContainEqual(
      expect.objectContaining({
        of: 'one-kind',
        wish: { action: 'register', service: 'search' },
        missing: { service: 'search', capabilities: [], register: true },
        held: ['billing-host'],
        count: 1,
      }),
    )
    await expect.poll(denied, SOON).toHaveLength(2)
  })

  it('lets the holder of an own role call the one capability that it grants', async () => {
    const upstream = createServer((_, response) => response.end('well')).listen(0, '127.0.0.1')
    onTestFinished(() => void upstream.close().closeAllConnections())
    await new Promise((done) => upstream.once('listening', done))
    const { port } = upstream.address() as AddressInfo
    await ask('PUT', '/services/shop/instances/one', { ...instance, port })
    const operations = [
      { method: 'GET', path: '/orders/{id}', capability: 'orders.read' },
      { method: 'POST', path: '/orders', capability: 'orders.write' },
    ]
    expect((await ask('PUT', '/services/shop/routing', { operations })).status).toBeLessThan(300)
    const grants = [{ service: 'shop', capabilities: ['orders.read'] }]
    await ask('PUT', '/roles/order-reader', { grants })
    const key = await aKey('order-reader')
    const call = async (method: string, path: string) =>
      fetch(`${system.address}/proxy/${path}`, {
        method,
        headers: { authorization: `Bearer ${key}` },
      })
    await expect.poll(async () => (await call('GET', 'shop/orders/7')).status, SOON).toBe(200)
    for (const [method, path, capability] of [
      ['POST', 'shop/orders', 'orders.write'],
      ['GET', 'shop/other', '*'],
      ['DELETE', 'shop/orders/7', '*'],
    ] as const) {
      const refused = await call(method, path)
      expect(refused.status, `${method} ${path}`).toBe(403)
      expect(await refused.json()).toMatchObject({
        missing: { service: 'shop', capabilities: [capability] },
        held: ['order-reader'],
      })
    }
    expect((await call('GET', 'billing/orders/7')).status).toBe(403)
  })

  it('takes tokens of an issuer wherever it takes keys, and only for what it may give', async () => {
    const issuerKey = await anIssuerKey('k1')
    const server = createServer((_, response) =>
      response.end(JSON.stringify({ keys: [issuerKey.jwk] })),
    ).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close().closeAllConnections())
    await new Promise((done) => server.once('listening', done))
    const { port } = server.address() as AddressInfo
    await ask('PUT', '/issuers/login', {
      issuer: LOGIN.issuer,
      audiences: ['bridge'],
      jwks_url: `http://127.0.0.1:${port}/keys`,
      algorithms: ['ES256'],
      roles_claim: 'roles',
      allowed_roles: ['reader', 'writer'],
    })
    const claims = {
      iss: LOGIN.issuer,
      aud: 'bridge',
      sub: 'ada',
      exp: Math.floor(Date.now() / 1_000) + 600,
    }
    const reader = await issuerKey.sign({ ...claims, roles: ['reader', 'admin'] })
    const writer = await issuerKey.sign({ ...claims, roles: ['writer'] })
    await expect
      .poll(async () => (await ask('GET', '/events', undefined, reader)).status, SOON)
      .toBe(200)
    await becomes(403, () => ask('GET', '/keys', undefined, reader))
    const hook = { source: 'shop', type: 'tools.registry.found', data: {} }
    await becomes(403, () => ask('POST', '/hooks', hook, reader))
    await becomes(202, () => ask('POST', '/hooks', hook, writer))
    const forged = await (await anIssuerKey('k1')).sign({ ...claims, roles: ['writer'] })
    expect((await ask('POST', '/hooks', hook, forged)).status).toBe(401)

    expect((await ask('DELETE', '/issuers/login')).status).toBe(204)
    await expect
      .poll(async () => (await ask('GET', '/events', undefined, reader)).status, SOON)
      .toBe(401)
  })

  it('tells every change once, in a trail that holds', async () => {
    const key = await aKey('reader')
    expect(key).toMatch(/^omni_/)
    const trail = async () =>
      (await events('&source=access'))
        .filter(({ data }) => typeof (data as Partial<TrailEntry>).entry === 'number')
        .map(({ type, data }) => ({ type, data: data as TrailEntry }))
        .sort((a, b) => a.data.entry - b.data.entry)
    const last = async () => (await trail()).at(-1)?.data.what
    await expect.poll(last, SOON).toMatchObject({ key: { name: 'reader' } })
    const entries = await trail()
    expect(entries.map(({ data }) => data.entry)).toEqual(entries.map((_, index) => index + 1))
    expect(brokenAt(entries)).toBeUndefined()
    expect(JSON.stringify(entries)).not.toContain(key)
  })
})

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { type System, startSystem } from '#test/support/system.ts'

const SOON = { timeout: 15_000, interval: 50 }

describe('the service registry, through npm start', () => {
  let system: System
  beforeAll(async () => {
    system = await startSystem()
  }, 90_000)
  afterAll(() => system.stop())

  async function ask(method: string, path: string, body?: unknown) {
    const answer = await system.request(method, path, {
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await answer.text()
    return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const healthOf = async (service: string, id: string) => {
    const { body } = await ask('GET', `/services/${service}`)
    return body.items?.find((one: { id: string }) => one.id === id)?.health
  }
  const instance = { address: '127.0.0.1', port: 8_080, version: '1.4.0' }

  it('registers an instance, and lists it with what it can do', async () => {
    const tools = [{ name: 'search', inputSchema: { type: 'object' } }]
    const put = await ask('PUT', '/services/search/instances/one', {
      ...instance,
      ...{ capabilities: ['search.query'], tools, zone: 'a' },
      check: { ttl_ms: 30_000 },
    })
    expect(put.status).toBe(200)
    const listed = await ask('GET', '/services/search?version=%5E1.2&include=documents')
    expect(listed).toMatchObject({
      status: 200,
      body: { items: [{ id: 'one', health: 'passing', zone: 'a', tools }], next: null },
    })
    const services = await ask('GET', '/services?capability=search.query')
    expect(services.body.items).toMatchObject([{ name: 'search', instances: { passing: 1 } }])
  })

  it('takes it for critical once nothing was heard, and for passing once it is renewed', async () => {
    const url = '/services/silent/instances/one'
    await ask('PUT', url, { ...instance, check: { ttl_ms: 1_000 } })
    expect(await healthOf('silent', 'one')).toBe('passing')
    await expect.poll(() => healthOf('silent', 'one'), SOON).toBe('critical')
    expect((await ask('POST', `${url}/renew`)).status).toBe(204)
    expect(await healthOf('silent', 'one')).toBe('passing')
  })

  it('asks an instance that has an HTTP check', async () => {
    let status = 200
    const server = createServer((_, response) => response.writeHead(status).end())
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    onTestFinished(() => void server.close().closeAllConnections())
    const { port } = server.address() as AddressInfo
    const check = { http: '/health', interval_ms: 1_000 }
    await ask('PUT', '/services/asked/instances/one', { ...instance, port, check })
    await expect.poll(() => healthOf('asked', 'one'), SOON).toBe('passing')
    status = 503
    await expect.poll(() => healthOf('asked', 'one'), SOON).toBe('critical')
  })

  it('takes an instance out of service and back in', async () => {
    const url = '/services/repaired/instances/one'
    await ask('PUT', url, instance)
    expect((await ask('PUT', `${url}/maintenance`, { reason: 'new disk' })).status).toBe(204)
    expect(await healthOf('repaired', 'one')).toBe('maintenance')
    expect((await ask('DELETE', `${url}/maintenance`)).status).toBe(204)
    expect(await healthOf('repaired', 'one')).toBe('passing')
  })

  it('removes an instance, and the service with its last one', async () => {
    const url = '/services/leaving/instances/one'
    await ask('PUT', url, instance)
    expect((await ask('DELETE', url)).status).toBe(204)
    expect((await ask('GET', '/services/leaving')).status).toBe(404)
  })

  it('lets nothing register that stands outside of its networks', async () => {
    const { status, body } = await ask('PUT', '/services/far/instances/one', {
      ...instance,
      address: '169.254.169.254',
    })
    expect(status).toBe(422)
    expect(body.errors).toMatchObject([{ pointer: '/address' }])
  })
})

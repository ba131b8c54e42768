import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openCatalog } from '#shared/adapters/catalog.ts'
import type { Catalog } from '#shared/ports/catalog.ts'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { httpClient } from '#test/support/http-client.ts'
import { type System, startSystem } from '#test/support/system.ts'

const SOON = { timeout: 20_000, interval: 20 }

describe('services of an embedded system', () => {
  let system: System
  let catalog: Catalog
  beforeAll(async () => {
    system = await startSystem()
    catalog = openCatalog(pathToFileURL(join(system.dataDir, 'catalog', '/')).href)
  }, 90_000)
  afterAll(async () => {
    await catalog.close()
    await system.stop()
  })

  const find = async (service: string) =>
    (async () => catalog.find(service))().catch(() => undefined)
  const put = (service: string, id: string, changes: object = {}) =>
    system.request('PUT', `/services/${service}/instances/${id}`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ address: '127.0.0.1', port: 8_080, version: '1.0.0', check: { ttl_ms: 600_000 } },
        ...changes,
      }),
    })
  const remove = (service: string, id: string) =>
    system.request('DELETE', `/services/${service}/instances/${id}`)
  const eventsOf = async () =>
    httpClient(system.address, system.key).all<RecordedEvent>('/events?source=service-watcher')

  it('are in the catalog within a second of each change', async () => {
    const took: number[] = []
    for (let nr = 0; nr < 10; nr++) {
      const started = performance.now()
      await put('billing', 'one', { version: `1.${nr}.0` })
      await expect
        .poll(async () => (await find('billing'))?.catalog.instances[0]?.version, SOON)
        .toBe(`1.${nr}.0`)
      took.push(performance.now() - started)
    }
    expect(Math.max(...took.slice(1))).toBeLessThan(1_000)
    await remove('billing', 'one')
    await expect.poll(() => find('billing'), SOON).toBeUndefined()
  })

  it('are asked how they are, and found critical once they answer no more', async () => {
    const server = createServer((_, response) => response.end('well')).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close().closeAllConnections())
    await new Promise((done) => server.once('listening', done))
    const { port } = server.address() as AddressInfo
    await put('asked', 'one', {
      port,
      check: { http: '/health', interval_ms: 1_000, timeout_ms: 500 },
    })
    const health = async () => (await find('asked'))?.catalog.instances[0]?.health
    await expect.poll(health, SOON).toBe('passing')
    server.close().closeAllConnections()
    await expect.poll(health, SOON).toBe('critical')
    await remove('asked', 'one')
  })

  it('have one event for each change, though everything is killed in the middle', async () => {
    const ids = Array.from({ length: 120 }, (_, nr) => `i-${nr}`)
    const service = (id: string) => `wave-${Number(id.slice(2)) % 10}`
    for (const id of ids.slice(0, 60)) await put(service(id), id)
    await pause(60)
    await system.killAll()
    system = await startSystem({ dataDir: system.dataDir })
    for (const id of ids.slice(60)) await put(service(id), id)
    for (const id of ids.slice(0, 30)) await remove(service(id), id)
    const counts = async () => {
      const told = (await eventsOf()).filter(({ subject }) => subject?.startsWith('wave-'))
      return Object.fromEntries(
        [...Map.groupBy(told, ({ type }) => type)].map(([type, all]) => [
          type.slice('services.'.length),
          [all.length, new Set(all.map(({ subject }) => subject)).size],
        ]),
      )
    }
    await expect.poll(counts, { timeout: 45_000, interval: 250 }).toEqual({
      'lifecycle.registered': [120, 120],
      'health.passing': [120, 120],
      'lifecycle.deregistered': [30, 30],
    })
  }, 120_000)
})

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { HealthCheck, Registration } from '#shared/domain/discovery/instance.ts'
import type { Directory } from '#shared/ports/directory.ts'
import { aName, aRegistration } from '#test/support/discovery.ts'
import { follow } from '#test/support/watcher.ts'

const SOON = { timeout: 5_000, interval: 20 }

/** What every directory must do, whatever it is made of. */
export function directoryContract(open: () => Promise<Directory>) {
  async function withDirectory() {
    const directory = await open()
    const registered: Registration[] = []
    onTestFinished(async () => {
      for (const registration of registered) await directory.deregister(registration)
      await directory.close()
    })
    return {
      directory,
      async register(changes: Partial<Registration> = {}) {
        const registration = aRegistration(changes)
        registered.push(registration)
        await directory.register(registration)
        return registration
      },
      healthOf: async ({ service, id }: Registration) =>
        (await directory.instances(service)).find((one) => one.id === id)?.health,
    }
  }

  describe('registering', () => {
    it('keeps everything that an instance says of itself', async () => {
      const { directory, register } = await withDirectory()
      const registration = await register({
        id: 'a-1.b_2',
        address: 'fd00::1',
        port: 65_535,
        version: '2.0.0-rc.1+build.7',
        protocol: 'grpc',
        capabilities: Array.from({ length: 200 }, (_, nr) => `tool:number-${nr}@v${nr % 3}`),
        tags: ['zone=eu-central-1a', 'blue', 'blue'],
        meta: { team: 'ü'.repeat(256), empty: '', 'a-b_C': 'quote " and \\ and\nline' },
      })
      const { check: _, ...instance } = registration
      expect(await directory.lookup(registration.service)).toEqual([
        { ...instance, health: 'passing', reason: '' },
      ])
    })

    it('replaces all that was there when an instance registers again', async () => {
      const { directory, register } = await withDirectory()
      const { service } = await register({ meta: { a: '1' }, tags: ['old'], capabilities: ['x'] })
      await register({ service, port: 9_090, version: '2.0.0', meta: { b: '2' } })
      expect(await directory.lookup(service)).toMatchObject([
        { port: 9_090, version: '2.0.0', tags: [], capabilities: [], meta: { b: '2' } },
      ])
      expect((await directory.lookup(service))[0]?.meta).toEqual({ b: '2' })
    })

    it('tells instances of one id in several services apart, and lists them by id', async () => {
      const { directory, register } = await withDirectory()
      const service = aName('s')
      await register({ service, id: 'b', port: 2 })
      await register({ service, id: 'a', port: 1 })
      const other = await register({ service: `${service}-x`, id: 'a', port: 3 })
      const listed = await directory.lookup(service)
      expect(listed.map(({ id, port }) => [id, port])).toEqual([
        ['a', 1],
        ['b', 2],
      ])
      await directory.deregister({ service, id: 'a' })
      expect(await directory.lookup(other.service)).toHaveLength(1)
      expect(await directory.lookup(service)).toHaveLength(1)
    })

    it('holds fifty instances that register at the same moment', async () => {
      const { directory, register } = await withDirectory()
      const service = aName('many')
      const ids = Array.from({ length: 50 }, (_, nr) => `i${nr}`)
      await Promise.all(ids.map((id) => register({ service, id })))
      const listed = await directory.lookup(service)
      expect(listed.map(({ id }) => id)).toEqual([...ids].sort())
    })

    it('forgets an instance, and does not mind one that is not there', async () => {
      const { directory, register } = await withDirectory()
      const registration = await register()
      await directory.deregister(registration)
      await directory.deregister(registration)
      expect(await directory.instances(registration.service)).toEqual([])
    })

    it('names the services that have instances', async () => {
      const { directory, register } = await withDirectory()
      const { service } = await register()
      expect(await directory.services()).toContain(service)
      await directory.deregister({ service, id: 'one' })
      expect(await directory.services()).not.toContain(service)
    })

    it('answers nothing for a service that nobody registered', async () => {
      const { directory } = await withDirectory()
      expect(await directory.lookup(aName('nobody'))).toEqual([])
    })

    it('names every wrong field of a registration and keeps nothing of it', async () => {
      const { directory } = await withDirectory()
      const service = aName('wrong')
      const pairs = Array.from({ length: 63 }, (_, nr) => [`k${nr}`, 'v'])
      const registration = aRegistration({
        ...{ service, address: 'http://x', port: 0, version: '1.0' },
        meta: { ...Object.fromEntries(pairs), version: '9', 'a.b': 'x', long: 'é'.repeat(257) },
      })
      const failure = await directory.register(registration).catch((error: unknown) => error)
      expect(failure).toMatchObject({ kind: 'InvalidInput' })
      const { errors } = failure as { errors: { pointer: string }[] }
      expect(errors.map(({ pointer }) => pointer)).toEqual([
        '/address',
        '/port',
        '/version',
        '/meta',
        '/meta/version',
        '/meta/a.b',
        '/meta/long',
      ])
      expect(await directory.instances(service)).toEqual([])
      await expect(directory.lookup('Not A Name')).rejects.toMatchObject({ kind: 'InvalidInput' })
    })

    it('takes as many and as long pairs as it says', async () => {
      const { directory, register } = await withDirectory()
      const pairs = Array.from({ length: 62 }, (_, nr) => [
        `k${nr}`.padEnd(128, '-'),
        'v'.repeat(512),
      ])
      const meta = Object.fromEntries(pairs)
      const { service } = await register({ meta })
      expect((await directory.lookup(service))[0]?.meta).toEqual(meta)
    })
  })

  describe('health by TTL', () => {
    const check: HealthCheck = { kind: 'ttl', ttlMs: 1_000 }

    it('is passing when registered, critical when nothing was heard, passing when heard again', async () => {
      const { directory, register, healthOf } = await withDirectory()
      const registration = await register({ check })
      expect(await healthOf(registration)).toBe('passing')
      await expect.poll(() => healthOf(registration), SOON).toBe('critical')
      expect(await directory.lookup(registration.service)).toEqual([])
      await directory.renew(registration)
      expect(await healthOf(registration)).toBe('passing')
      expect(await directory.lookup(registration.service)).toHaveLength(1)
    })

    it('stays passing for as long as it is heard of', async () => {
      const { directory, register, healthOf } = await withDirectory()
      const registration = await register({ check })
      for (let nr = 0; nr < 6; nr++) {
        await pause(300)
        expect(await healthOf(registration)).toBe('passing')
        await directory.renew(registration)
      }
    })

    it('is passing again when a critical instance registers again', async () => {
      const { directory, register, healthOf } = await withDirectory()
      const registration = await register({ check })
      await directory.renew(registration, 'critical', 'out of disk')
      expect(await directory.instances(registration.service)).toMatchObject([
        { health: 'critical', reason: 'out of disk' },
      ])
      await directory.register(registration)
      expect(await healthOf(registration)).toBe('passing')
    })

    it('tells a warning and why, and does not look it up as passing', async () => {
      const { directory, register } = await withDirectory()
      const registration = await register()
      await directory.renew(registration, 'warning', 'queue is 80 % full')
      expect(await directory.instances(registration.service)).toMatchObject([
        { health: 'warning', reason: 'queue is 80 % full' },
      ])
      expect(await directory.lookup(registration.service)).toEqual([])
    })

    it('says so when an instance is renewed that is not there', async () => {
      const { directory, register } = await withDirectory()
      const registration = await register()
      await directory.deregister(registration)
      await expect(directory.renew(registration)).rejects.toMatchObject({ kind: 'NotFound' })
    })
  })

  describe('health by HTTP', () => {
    it('follows what the instance answers, and refuses word of it', async () => {
      const { directory, register, healthOf } = await withDirectory()
      let status = 200
      const asked: (string | undefined)[] = []
      const server = createServer((request, response) => {
        asked.push(request.url)
        response.writeHead(status).end('as it is')
      })
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      onTestFinished(() => void server.close().closeAllConnections())
      const registration = await register({
        port: (server.address() as AddressInfo).port,
        check: {
          ...{ kind: 'http', scheme: 'http', path: '/health?deep=1' },
          ...{ intervalMs: 1_000, timeoutMs: 500 },
        },
      })
      await expect.poll(() => healthOf(registration), SOON).toBe('passing')
      expect(asked[0]).toBe('/health?deep=1')
      status = 429
      await expect.poll(() => healthOf(registration), SOON).toBe('warning')
      status = 500
      await expect.poll(() => healthOf(registration), SOON).toBe('critical')
      const [listed] = await directory.instances(registration.service)
      expect(listed?.reason).toContain('500')
      await expect(directory.renew(registration)).rejects.toMatchObject({ kind: 'NotFound' })
      status = 204
      await expect.poll(() => healthOf(registration), SOON).toBe('passing')
      await directory.register({ ...registration, version: '3.0.0' })
      expect(await healthOf(registration)).toBe('passing')
    })

    it('is critical while nothing listens', async () => {
      const { register, healthOf } = await withDirectory()
      const registration = await register({
        port: 9,
        check: { kind: 'http', scheme: 'http', path: '/', intervalMs: 1_000, timeoutMs: 500 },
      })
      expect(await healthOf(registration)).toBe('critical')
      await pause(1_500)
      expect(await healthOf(registration)).toBe('critical')
    })

    it('gives way to a TTL check when the instance registers again with one', async () => {
      const { directory, register, healthOf } = await withDirectory()
      const registration = await register({
        port: 9,
        check: { kind: 'http', scheme: 'http', path: '/', intervalMs: 1_000, timeoutMs: 500 },
      })
      await directory.register({ ...registration, check: { kind: 'ttl', ttlMs: 30_000 } })
      await pause(1_500)
      expect(await healthOf(registration)).toBe('passing')
    })
  })

  describe('maintenance', () => {
    it('takes an instance out of lookups, over renewals and registrations, until it ends', async () => {
      const { directory, register, healthOf } = await withDirectory()
      const registration = await register()
      await directory.startMaintenance(registration, 'new disk')
      expect(await directory.instances(registration.service)).toMatchObject([
        { health: 'maintenance', reason: 'new disk' },
      ])
      await directory.renew(registration)
      await directory.register({ ...registration, version: '2.0.0' })
      expect(await healthOf(registration)).toBe('maintenance')
      expect(await directory.lookup(registration.service)).toEqual([])
      await directory.endMaintenance(registration)
      expect(await directory.lookup(registration.service)).toMatchObject([{ version: '2.0.0' }])
    })

    it('says so when the instance is not there', async () => {
      const { directory } = await withDirectory()
      const ref = { service: aName('none'), id: 'one' }
      await expect(directory.startMaintenance(ref, '')).rejects.toMatchObject({ kind: 'NotFound' })
      await expect(directory.endMaintenance(ref)).rejects.toMatchObject({ kind: 'NotFound' })
    })
  })

  describe('watching', () => {
    it('tells the instances of a service now, and after each change', async () => {
      const { directory, register } = await withDirectory()
      const service = aName('watched')
      const watch = follow((signal) => directory.watchInstances(service, signal))
      await expect.poll(() => watch.current(), SOON).toEqual([])
      await register({ service, id: 'a' })
      await expect.poll(() => watch.current(), SOON).toMatchObject([{ id: 'a', health: 'passing' }])
      await directory.renew({ service, id: 'a' }, 'critical', 'no')
      await expect.poll(() => watch.current(), SOON).toMatchObject([{ health: 'critical' }])
      await register({ service, id: 'a', meta: { changed: 'yes' } })
      await expect.poll(() => watch.current()?.[0]?.meta, SOON).toEqual({ changed: 'yes' })
      await directory.deregister({ service, id: 'a' })
      await expect.poll(() => watch.current(), SOON).toEqual([])
      const indexes = watch.told.map((one) => (one.state === 'current' ? one.index : Number.NaN))
      expect(indexes).toEqual([...indexes].sort((a, b) => a - b))
      expect(new Set(indexes).size).toBe(indexes.length)
    })

    it('tells nothing when another service changes', async () => {
      const { directory, register } = await withDirectory()
      const { service } = await register()
      const watch = follow((signal) => directory.watchInstances(service, signal))
      await expect.poll(() => watch.told.length, SOON).toBe(1)
      const other = await register()
      await directory.deregister(other)
      await pause(300)
      expect(watch.told).toHaveLength(1)
    })

    it('gives a slow reader the last state, whatever came between', async () => {
      const { directory, register } = await withDirectory()
      const { service } = await register({ port: 1 })
      const stop = new AbortController()
      const reader = directory.watchInstances(service, stop.signal)[Symbol.asyncIterator]()
      await reader.next()
      for (let port = 2; port <= 20; port++) await register({ service, port })
      await pause(200)
      const ports: unknown[] = []
      while (ports.at(-1) !== 20) {
        const { value } = await reader.next()
        ports.push(value?.state === 'current' ? value.value[0]?.port : undefined)
      }
      expect(ports.length).toBeLessThan(5)
      stop.abort()
      expect((await reader.next()).done).toBe(true)
    })

    it('ends at once when it is stopped while nothing happens', async () => {
      const { directory } = await withDirectory()
      const watch = follow((signal) => directory.watchInstances(aName('quiet'), signal))
      await expect.poll(() => watch.told.length, SOON).toBe(1)
      const stoppedAt = performance.now()
      watch.stop()
      await watch.ended
      expect(performance.now() - stoppedAt).toBeLessThan(100)
    })

    it('ends when the directory is closed', async () => {
      const { directory } = await withDirectory()
      const watch = follow((signal) => directory.watchServices(signal))
      await expect.poll(() => watch.told.length, SOON).toBe(1)
      await directory.close()
      await watch.ended
    })

    it('tells the names of services as they come and go', async () => {
      const { directory, register } = await withDirectory()
      const watch = follow((signal) => directory.watchServices(signal))
      const { service } = await register()
      await expect.poll(() => watch.current(), SOON).toContain(service)
      await directory.deregister({ service, id: 'one' })
      await expect.poll(() => watch.current(), SOON).not.toContain(service)
    })
  })
}

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { consulDirectory } from '#shared/adapters/consul/directory.ts'
import { consulKeyValue } from '#shared/adapters/consul/key-value.ts'
import { consulLocks } from '#shared/adapters/consul/locks.ts'
import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import type { Registration } from '#shared/domain/discovery/instance.ts'
import { askConsul } from '#test/support/consul.ts'
import {
  type ConsulServerUnderTest,
  canStartConsul,
  startConsul,
} from '#test/support/consul-server.ts'
import { aName, aRegistration } from '#test/support/discovery.ts'
import { aWatcher } from '#test/support/watcher-under-test.ts'

const SOON = { timeout: 15_000, interval: 20 }
/** The reader's clock is so much ahead that what is not confirmed is stale after 7 s and not 15. */
const AHEAD_MS = 8_000
const TOKEN = '5f1bd0a3-0a5e-4f0c-9a51-7d0d3a0c1c11'

describe('the catalog through Consul', () => {
  if (!process.env.CONSUL_HTTP_ADDR) {
    it.skip('is not run: CONSUL_HTTP_ADDR is not set', () => undefined)
    return
  }
  if (!canStartConsul) {
    it.skip('is not run: no tool to start, freeze and kill a Consul with', () => undefined)
    return
  }
  let consul: ConsulServerUnderTest
  beforeAll(async () => {
    consul = await startConsul('catalog', 8_620, '--acl')
    await askConsul(consul.settings, 'PUT', '/acl/policy', {
      Name: 'bridge',
      Rules:
        'node_prefix "" { policy = "write" } service_prefix "" { policy = "write" } key_prefix "" { policy = "write" } session_prefix "" { policy = "write" } agent_prefix "" { policy = "write" }',
    })
    await allow()
  }, 120_000)
  afterAll(() => consul.stop(), 60_000)

  async function allow() {
    const Policies = [{ Name: 'bridge' }]
    await askConsul(consul.settings, 'PUT', '/acl/token', { SecretID: TOKEN, Policies })
  }
  async function deny() {
    const tokens = (await askConsul(consul.settings, 'GET', '/acl/tokens')) as {
      AccessorID: string
      Policies?: { Name: string }[]
    }[]
    const bridge = tokens.find(({ Policies }) => Policies?.some(({ Name }) => Name === 'bridge'))
    await askConsul(consul.settings, 'DELETE', `/acl/token/${bridge?.AccessorID}`)
  }

  async function watched() {
    const open = (token: string | undefined) => {
      const settings = { ...consul.settings, token }
      const opened = {
        directory: consulDirectory(settings),
        keyValue: consulKeyValue(settings),
        locks: consulLocks(settings),
      }
      onTestFinished(async () => {
        for (const one of Object.values(opened)) await one.close()
      })
      return opened
    }
    const own = open(consul.settings.token)
    const watcher = await aWatcher(open(TOKEN), {}, { now: () => Date.now() + AHEAD_MS })
    watcher.start()
    const seen = async (
      change: () => Promise<unknown>,
      service: string,
      expected: object | undefined,
    ) => {
      await change()
      const changedAt = performance.now()
      const catalog = async () => (await watcher.find(service))?.catalog
      if (expected === undefined) await expect.poll(catalog, SOON).toBeUndefined()
      else await expect.poll(catalog, SOON).toMatchObject(expected)
      return performance.now() - changedAt
    }
    return { ...own, ...watcher, seen }
  }

  it('has each change within a second, and one event for each', async () => {
    const { directory, keyValue, seen, events, find } = await watched()
    const one = aRegistration()
    const { service } = one
    await directory.register(aRegistration({ service: `${service}-other` }))
    await expect.poll(() => find(`${service}-other`), SOON).toBeDefined()
    const register = (changes: Partial<Registration>) => () =>
      directory.register({ ...one, ...changes })
    const took = [
      await seen(register({}), service, { instances: [{ health: 'passing' }] }),
      await seen(() => directory.renew(one, 'critical'), service, {
        instances: [{ health: 'critical' }],
      }),
      await seen(() => directory.renew(one), service, { instances: [{ health: 'passing' }] }),
      await seen(register({ version: '2.0.0' }), service, { instances: [{ version: '2.0.0' }] }),
      await seen(register({ id: 'two' }), service, { instances: [{ id: 'one' }, { id: 'two' }] }),
      await seen(() => directory.startMaintenance(one, 'x'), service, {
        instances: [{ health: 'maintenance' }, {}],
      }),
      await seen(() => keyValue.set(catalogKeys.rules(service), '{"revision":1}'), service, {
        rules: { revision: 1 },
      }),
      await seen(() => directory.deregister({ ...one, id: 'two' }), service, {
        instances: [{ id: 'one' }],
      }),
      await seen(() => keyValue.delete(catalogKeys.rules(service)), service, { breakers: [] }),
      await seen(() => directory.deregister(one), service, undefined),
    ]
    expect(Math.max(...took)).toBeLessThan(1_000)
    const told = () =>
      events()
        .filter((event) => event.service === service)
        .map(({ instance, type }) => `${instance} ${type.slice('services.'.length)}`)
        .sort()
    await expect
      .poll(told, SOON)
      .toEqual(
        [
          ...['one lifecycle.registered', 'one health.passing', 'one health.critical'],
          ...['one health.passing', 'one lifecycle.changed', 'one lifecycle.maintenance_started'],
          ...['one lifecycle.deregistered'],
          ...['two lifecycle.registered', 'two health.passing', 'two lifecycle.deregistered'],
        ].sort(),
      )
  })

  it.each([
    { trouble: 'is killed', begin: () => consul.server('kill'), end: () => consul.server('start') },
    {
      trouble: 'is frozen',
      begin: () => consul.server('pause'),
      end: () => consul.server('resume'),
    },
    { trouble: 'takes the right away', begin: deny, end: allow },
  ])(
    'serves stale and says so while Consul $trouble, and is fresh again after',
    async ({ begin, end }) => {
      const { directory, find, events } = await watched()
      const one = aRegistration({ check: { kind: 'ttl', ttlMs: 120_000 } })
      await directory.register(one)
      const isStale = async () => (await find(one.service))?.stale
      await expect.poll(isStale, SOON).toBe(false)
      await begin()
      await expect.poll(isStale, SOON).toBe(true)
      expect((await find(one.service))?.catalog.instances).toMatchObject([{ id: 'one' }])
      await end()
      await expect.poll(isStale, { ...SOON, timeout: 30_000 }).toBe(false)
      // Consul holds a TTL check for critical after a restart.
      await directory.renew(one)
      await expect
        .poll(async () => (await find(one.service))?.catalog.instances, SOON)
        .toMatchObject([{ health: 'passing' }])
      await directory.deregister(one)
      await expect.poll(() => find(one.service), SOON).toBeUndefined()
      const told = () => events().filter(({ service }) => service === one.service)
      await expect.poll(() => told().at(-1)?.type, SOON).toBeDefined()
      const lifecycle = () =>
        told().flatMap(({ type }) => (type.includes('lifecycle') ? [type.split('.')[2]] : []))
      await expect.poll(lifecycle, SOON).toEqual(['registered', 'deregistered'])
    },
  )

  it('tells of 300 instances in 30 services that come and go, once each', async () => {
    const { directory, events } = await watched()
    const prefix = aName('wave')
    const all = Array.from({ length: 300 }, (_, nr) =>
      aRegistration({ service: `${prefix}-${nr % 30}`, id: `i-${nr}` }),
    )
    const count = () =>
      Object.fromEntries(
        [
          ...Map.groupBy(
            events().filter(({ service }) => service.startsWith(prefix)),
            ({ type }) => type,
          ),
        ].map(([type, told]) => [type, told.length]),
      )
    for (const one of all) await directory.register(one)
    const came = { 'services.lifecycle.registered': 300, 'services.health.passing': 300 }
    await expect.poll(count, SOON).toEqual(came)
    for (const one of all) await directory.deregister(one)
    await expect.poll(count, SOON).toEqual({ ...came, 'services.lifecycle.deregistered': 300 })
  })
})

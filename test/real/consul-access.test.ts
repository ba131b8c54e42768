import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { consulDirectory } from '#shared/adapters/consul/directory.ts'
import { consulKeyValue } from '#shared/adapters/consul/key-value.ts'
import { consulLocks } from '#shared/adapters/consul/locks.ts'
import { type ConsulSettings, consulSettings } from '#shared/adapters/consul/settings.ts'
import { askConsul } from '#test/support/consul.ts'
import {
  type ConsulServerUnderTest,
  canStartConsul,
  startConsul,
} from '#test/support/consul-server.ts'
import { aName, aRegistration } from '#test/support/discovery.ts'
import { follow } from '#test/support/watcher.ts'

const SOON = { timeout: 5_000, interval: 20 }
const terms = { ttlMs: 10_000, lockDelayMs: 0 }

/** What the bridge needs of Consul's ACLs, and nothing more. */
const RULES = `
  key_prefix "omninode-bridge/" { policy = "write" }
  service_prefix "service-" { policy = "write" }
  node_prefix "" { policy = "read" }
  session_prefix "" { policy = "write" }`

function openAll(settings: ConsulSettings) {
  const opened = {
    directory: consulDirectory(settings),
    store: consulKeyValue(settings),
    locks: consulLocks(settings),
  }
  onTestFinished(async () => {
    for (const one of Object.values(opened)) await one.close()
  })
  return opened
}

function skipReason(): string | undefined {
  if (!process.env.CONSUL_HTTP_ADDR) return 'is not run: CONSUL_HTTP_ADDR is not set'
  return canStartConsul ? undefined : 'is not run: no tool to start a Consul with'
}

describe('discovery through a Consul that denies by default', () => {
  const reason = skipReason()
  if (reason) {
    it.skip(reason, () => undefined)
    return
  }
  let consul: ConsulServerUnderTest
  beforeAll(async () => {
    consul = await startConsul('discovery-acl', 21_050, '--acl')
  }, 120_000)
  afterAll(() => consul.stop(), 60_000)

  it('works with a token that may do what the bridge needs', async () => {
    const policy = { Name: aName('policy'), Rules: RULES }
    await askConsul(consul.settings, 'PUT', '/acl/policy', policy)
    const { SecretID } = (await askConsul(consul.settings, 'PUT', '/acl/token', {
      Policies: [{ Name: policy.Name }],
    })) as { SecretID: string }
    const { directory, store, locks } = openAll({ ...consul.settings, token: SecretID })
    const registration = aRegistration()
    await directory.register(registration)
    expect(await directory.lookup(registration.service)).toHaveLength(1)
    await directory.startMaintenance(registration, 'x')
    await directory.deregister(registration)
    const key = aName('key')
    expect(await store.create(key, '1')).toBe(true)
    expect(await store.list('')).toMatchObject([{ value: '1' }])
    await store.delete(key)
    const held = await locks.tryAcquire(key, terms)
    await held?.renew()
    await held?.release()
    // Another service's name is not in its rules.
    await expect(directory.register({ ...registration, service: 'other' })).rejects.toMatchObject({
      kind: 'Forbidden',
    })
  })

  it('refuses every call with a token that is unknown, says which variable it was, and not the token', async () => {
    const token = '11111111-2222-3333-4444-555555555555'
    const { directory, store, locks } = openAll({ ...consul.settings, token })
    const registration = aRegistration()
    const calls = [
      () => directory.register(registration),
      () => directory.renew(registration),
      () => directory.lookup(registration.service),
      () => directory.services(),
      () => directory.startMaintenance(registration, ''),
      () => directory.deregister(registration),
      () => store.get('a'),
      () => store.set('a', '1'),
      () => store.create('a', '1'),
      () => store.list('a'),
      () => locks.tryAcquire('a', terms),
      () => locks.acquire('a', terms, AbortSignal.timeout(3_000)),
    ]
    for (const call of calls) {
      const failure = await call().then(
        () => 'it was allowed',
        (error: unknown) => error,
      )
      expect(failure, call.toString()).toMatchObject({ kind: 'Forbidden' })
      expect((failure as Error).message).toContain('CONSUL_HTTP_TOKEN')
      expect(JSON.stringify(failure) + String((failure as Error).cause)).not.toContain(token)
    }
  })

  it('tells a watcher that it may not, and does not storm', async () => {
    const { store } = openAll({ ...consul.settings, token: 'wrong' })
    const watch = follow((signal) => store.watch('a', signal))
    await expect.poll(() => watch.told.at(-1), SOON).toMatchObject({ state: 'interrupted' })
    expect(watch.told).toHaveLength(1)
    expect(watch.told[0]).toMatchObject({ reason: expect.stringContaining('CONSUL_HTTP_TOKEN') })
  })

  it('refuses writes without any token', async () => {
    const { directory, store } = openAll({ ...consul.settings, token: undefined })
    await expect(directory.register(aRegistration())).rejects.toMatchObject({ kind: 'Forbidden' })
    await expect(store.get('a')).rejects.toMatchObject({ kind: 'Forbidden' })
  })
})

describe('discovery through a Consul that speaks TLS', () => {
  const reason = skipReason()
  if (reason) {
    it.skip(reason, () => undefined)
    return
  }
  let consul: ConsulServerUnderTest
  beforeAll(async () => {
    consul = await startConsul('discovery-tls', 21_060, '--tls')
  }, 120_000)
  afterAll(() => consul.stop(), 60_000)

  it('works with the authority that signed its certificate', async () => {
    const { directory, store, locks } = openAll(consul.settings)
    const registration = aRegistration()
    await directory.register(registration)
    expect(await directory.lookup(registration.service)).toHaveLength(1)
    await directory.deregister(registration)
    const watch = follow((signal) => store.watch('a', signal))
    await expect.poll(() => watch.current(), SOON).toEqual([])
    await (await locks.tryAcquire('a', terms))?.release()
  })

  it.each([
    {
      what: 'without its authority',
      change: { CONSUL_CACERT: '' },
      says: /not trusted.*CONSUL_CACERT/,
    },
    {
      what: 'without TLS',
      change: { CONSUL_HTTP_ADDR: 'http://127.0.0.1:21061' },
      says: /HTTP request to an HTTPS server/,
    },
  ])('says what is wrong when it is asked $what', async ({ change, says }) => {
    const settings = consulSettings({ ...consul.environment, ...change })
    const { store } = openAll(settings)
    const started = performance.now()
    const failure = await store.get('a').catch((error: unknown) => error)
    expect(String(failure)).toMatch(says)
    expect(failure).toMatchObject({ kind: expect.stringMatching(/Unavailable|InvalidInput/) })
    expect(performance.now() - started).toBeLessThan(1_000)
  })

  it('says that a Consul without TLS is asked with it', async () => {
    const address = new URL(process.env.CONSUL_HTTP_ADDR ?? '')
    if (address.protocol === 'https:') return
    const { store } = openAll(
      consulSettings({ ...consul.environment, CONSUL_HTTP_ADDR: `https://${address.host}` }),
    )
    await expect(store.get('a')).rejects.toMatchObject({
      kind: 'Unavailable',
      message: expect.stringContaining('does not speak TLS'),
    })
  })
})

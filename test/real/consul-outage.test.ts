import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { consulDirectory } from '#shared/adapters/consul/directory.ts'
import { consulKeyValue } from '#shared/adapters/consul/key-value.ts'
import { consulLocks } from '#shared/adapters/consul/locks.ts'
import {
  type ConsulServerUnderTest,
  canStartConsul,
  startConsul,
} from '#test/support/consul-server.ts'
import { aName, aRegistration } from '#test/support/discovery.ts'
import { follow } from '#test/support/watcher.ts'

const SOON = { timeout: 15_000, interval: 50 }
const terms = { ttlMs: 10_000, lockDelayMs: 0 }

/** How a call ended and how long it took. */
async function attempt(call: () => Promise<unknown>) {
  const started = performance.now()
  const outcome = await call()
    .then(() => 'answered')
    .catch((error: { kind?: string }) => error.kind ?? `no Failure: ${String(error)}`)
  return { outcome, tookMs: performance.now() - started }
}

describe('discovery through Consul, when Consul fails', () => {
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
    consul = await startConsul('discovery-outage', 21_040)
  }, 120_000)
  afterAll(() => consul.stop(), 60_000)

  function openAll() {
    const { settings } = consul
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

  it.each([
    { trouble: 'is frozen', begin: 'pause', end: 'resume' },
    { trouble: 'is killed', begin: 'kill', end: 'start' },
  ] as const)(
    'answers every call within 5 s while Consul $trouble, and again after it',
    async ({ begin, end }) => {
      const { directory, store, locks } = openAll()
      const registration = aRegistration()
      const key = `test/${aName('key')}`
      const calls = {
        register: () => directory.register(registration),
        renew: () => directory.renew(registration),
        lookup: () => directory.lookup(registration.service),
        services: () => directory.services(),
        startMaintenance: () => directory.startMaintenance(registration, 'x'),
        endMaintenance: () => directory.endMaintenance(registration),
        set: () => store.set(key, '1'),
        get: () => store.get(key),
        create: () => store.create(key, '2'),
        list: () => store.list(key),
        lock: async () => (await locks.tryAcquire(aName('lock'), terms))?.release(),
        deregister: () => directory.deregister(registration),
      }
      const all = async () => {
        const ended: Record<string, Awaited<ReturnType<typeof attempt>>> = {}
        for (const [name, call] of Object.entries(calls)) ended[name] = await attempt(call)
        return ended
      }
      const outcomes = (ended: Awaited<ReturnType<typeof all>>) =>
        new Set(Object.values(ended).map(({ outcome }) => outcome))

      expect(outcomes(await all())).toEqual(new Set(['answered']))
      await consul.server(begin)
      const during = await all()
      await consul.server(end)
      expect(outcomes(during)).toEqual(new Set(['Unavailable']))
      expect(Math.max(...Object.values(during).map(({ tookMs }) => tookMs))).toBeLessThan(5_000)
      expect(outcomes(await all())).toEqual(new Set(['answered']))
    },
  )

  it('says that a watch is interrupted when Consul is killed, and goes on where it left', async () => {
    const { directory, store } = openAll()
    const registration = aRegistration()
    await directory.register(registration)
    const folder = `test/${aName('folder')}`
    await store.set(`${folder}/a`, '1')
    const instances = follow((signal) => directory.watchInstances(registration.service, signal))
    const entries = follow((signal) => store.watch(`${folder}/`, signal))
    await expect.poll(() => [instances.told.length, entries.told.length], SOON).toEqual([1, 1])

    await consul.server('kill')
    const lasts = () => [instances.told.at(-1)?.state, entries.told.at(-1)?.state]
    await expect.poll(lasts, SOON).toEqual(['interrupted', 'interrupted'])
    await pause(2_000)
    expect([instances.told.length, entries.told.length]).toEqual([2, 2])

    await consul.server('start')
    await expect.poll(lasts, SOON).toEqual(['current', 'current'])
    expect(entries.current()?.map(({ value }) => value)).toEqual(['1'])
    expect(instances.current()).toMatchObject([{ id: 'one', health: 'passing' }])
    await directory.renew(registration, 'warning')
    await expect.poll(() => instances.current()?.[0]?.health, SOON).toBe('warning')
    await directory.renew(registration)
    await store.set(`${folder}/a`, '2')
    await expect.poll(() => instances.current()?.[0]?.health, SOON).toBe('passing')
    await expect.poll(() => entries.current()?.[0]?.value, SOON).toBe('2')
    await directory.deregister(registration)
  })

  it('says within half a minute that a watch is interrupted when Consul is frozen', async () => {
    const { store } = openAll()
    const key = `test/${aName('key')}`
    await store.set(key, '1')
    const watch = follow((signal) => store.watch(key, signal))
    await expect.poll(() => watch.current()?.[0]?.value, SOON).toBe('1')
    await consul.server('pause')
    const pausedAt = performance.now()
    await expect
      .poll(() => watch.told.at(-1)?.state, { timeout: 40_000, interval: 50 })
      .toBe('interrupted')
    const noticedMs = performance.now() - pausedAt
    await consul.server('resume')
    expect(noticedMs).toBeLessThan(30_000)
    await store.set(key, '2')
    await expect.poll(() => watch.current()?.[0]?.value, SOON).toBe('2')
  })

  it('stops a watch at once while Consul is frozen', async () => {
    const { store } = openAll()
    const watch = follow((signal) => store.watch(aName('key'), signal))
    await expect.poll(() => watch.told.length, SOON).toBe(1)
    await consul.server('pause')
    const stoppedAt = performance.now()
    watch.stop()
    await watch.ended
    const tookMs = performance.now() - stoppedAt
    await consul.server('resume')
    expect(tookMs).toBeLessThan(100)
  })

  it('loses no write that was acknowledged, over three kills under load', async () => {
    const { store } = openAll()
    const folder = `test/${aName('writes')}`
    const acknowledged: string[] = []
    const failed = new Set<string>()
    let running = true
    const load = (async () => {
      for (let nr = 0; running; nr++) {
        const key = `${folder}/${String(nr).padStart(6, '0')}`
        const { outcome } = await attempt(async () => {
          if (!(await store.create(key, 'x'))) throw new Error('it was there already')
        })
        if (outcome === 'answered') acknowledged.push(key)
        else failed.add(outcome)
      }
    })()
    for (let nr = 0; nr < 3; nr++) {
      await pause(700)
      await consul.server('kill')
      await pause(300)
      await consul.server('start')
    }
    running = false
    await load
    const there = new Set((await store.list(`${folder}/`)).map(({ key }) => key))
    expect(acknowledged.length).toBeGreaterThan(100)
    expect(acknowledged.filter((key) => !there.has(key))).toEqual([])
    expect([...failed]).toEqual(['Unavailable'])
  })

  it('keeps a lock with its holder when Consul is back within the TTL', async () => {
    const { locks } = openAll()
    const other = openAll().locks
    const name = aName('lock')
    const held = await locks.tryAcquire(name, { ...terms, ttlMs: 20_000 })
    await consul.server('kill')
    await pause(1_000)
    await consul.server('start')
    await expect
      .poll(() => attempt(async () => held?.renew()), SOON)
      .toMatchObject({
        outcome: 'answered',
      })
    expect(held?.lost.aborted).toBe(false)
    expect(await other.tryAcquire(name, terms)).toBeUndefined()
    await held?.release()
    const next = await other.tryAcquire(name, terms)
    expect(next?.token).toBeGreaterThan(held?.token ?? Number.NaN)
    await next?.release()
  })

  it('tells a holder that hears nothing for the TTL that its lock is lost, before others get it', async () => {
    const { locks } = openAll()
    const name = aName('lock')
    const held = await locks.tryAcquire(name, terms)
    const stop = new AbortController()
    onTestFinished(() => stop.abort())
    const next = openAll().locks.acquire(name, terms, stop.signal)
    await consul.server('pause')
    const pausedAt = performance.now()
    await expect.poll(() => held?.lost.aborted, { timeout: 14_000, interval: 50 }).toBe(true)
    const toldMs = performance.now() - pausedAt
    await consul.server('resume')
    expect(toldMs).toBeLessThan(terms.ttlMs + 500)
    await expect(held?.renew()).rejects.toMatchObject({ kind: 'Conflict' })
    const taken = await next
    expect(taken?.token).toBeGreaterThan(held?.token ?? Number.NaN)
    await taken?.release()
  })
})

import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { postgresDirectory } from '#shared/adapters/postgres/directory.ts'
import { postgresKeyValue } from '#shared/adapters/postgres/key-value.ts'
import { postgresLocks } from '#shared/adapters/postgres/locks.ts'
import { postgresHealthChecks } from '#shared/adapters/postgres/registry-checks.ts'
import { aName, aRegistration } from '#test/support/discovery.ts'
import { ownPostgres } from '#test/support/own-postgres.ts'
import { follow } from '#test/support/watcher.ts'

const SOON = { timeout: 15_000, interval: 50 }
const terms = { ttlMs: 10_000, lockDelayMs: 0 }

async function openAll() {
  const server = await ownPostgres()
  const opened = {
    directory: postgresDirectory(server.url),
    store: postgresKeyValue(server.url),
    locks: postgresLocks(server.url),
    checks: postgresHealthChecks(server.url),
  }
  onTestFinished(async () => {
    await Promise.all(Object.values(opened).map((one) => one.close()))
  })
  return { ...opened, server }
}

/** How a call ended and how long it took. */
async function attempt(call: () => Promise<unknown>) {
  const started = performance.now()
  const outcome = await call()
    .then(() => 'answered')
    .catch((error: { kind?: string }) => error.kind ?? `no Failure: ${String(error)}`)
  return { outcome, tookMs: performance.now() - started }
}

describe('discovery through PostgreSQL, when PostgreSQL fails', () => {
  it.each([
    { trouble: 'is frozen', begin: 'freeze', end: 'thaw' },
    { trouble: 'is killed', begin: 'kill', end: 'restart' },
  ] as const)(
    'answers every call within 5 s while PostgreSQL $trouble, and again after it',
    async ({ begin, end }) => {
      const { directory, store, locks, checks, server } = await openAll()
      const registration = aRegistration()
      const gone = aRegistration()
      const key = `test/${aName('key')}`
      await directory.register(registration)
      const all = async () => {
        const calls: readonly (() => Promise<unknown>)[] = [
          () => directory.register(registration),
          () => directory.renew(registration),
          () => directory.lookup(registration.service),
          () => directory.services(),
          () => directory.startMaintenance(registration, 'x'),
          () => directory.endMaintenance(registration),
          () => directory.deregister(gone),
          () => store.set(key, '1'),
          () => store.get(key),
          () => store.create(key, '2'),
          () => store.list(key),
          () => checks.due(10),
          () => checks.sweep(),
          async () => (await locks.tryAcquire(aName('lock'), terms))?.release(),
        ]
        return Promise.all(calls.map(attempt))
      }
      const outcomes = (ended: Awaited<ReturnType<typeof all>>) =>
        new Set(ended.map(({ outcome }) => outcome))

      expect(outcomes(await all())).toEqual(new Set(['answered']))
      server[begin]()
      const during = await all()
      await server[end]()
      expect(outcomes(during)).toEqual(new Set(['Unavailable']))
      expect(Math.max(...during.map(({ tookMs }) => tookMs))).toBeLessThan(5_000)
      await expect.poll(async () => [...outcomes(await all())], SOON).toEqual(['answered'])
    },
  )

  it('says that a watch is interrupted when PostgreSQL is killed, and goes on where it left', async () => {
    const { directory, store, server } = await openAll()
    const registration = aRegistration()
    await directory.register(registration)
    await store.set('test/a', '1')
    const instances = follow((signal) => directory.watchInstances(registration.service, signal))
    const entries = follow((signal) => store.watch('test/', signal))
    await expect.poll(() => [instances.told.length, entries.told.length], SOON).toEqual([1, 1])

    server.kill()
    const lasts = () => [instances.told.at(-1)?.state, entries.told.at(-1)?.state]
    await expect.poll(lasts, SOON).toEqual(['interrupted', 'interrupted'])
    await pause(1_500)
    expect([instances.told.length, entries.told.length]).toEqual([2, 2])

    await server.restart()
    await expect.poll(lasts, SOON).toEqual(['current', 'current'])
    expect(entries.current()?.map(({ value }) => value)).toEqual(['1'])
    expect(instances.current()).toMatchObject([{ id: 'one', health: 'passing' }])
    await directory.renew(registration, 'warning')
    await expect.poll(() => instances.current()?.[0]?.health, SOON).toBe('warning')
    await store.set('test/a', '2')
    await expect.poll(() => entries.current()?.[0]?.value, SOON).toBe('2')
  })

  it('says within half a minute that a watch is interrupted when PostgreSQL is frozen, and stops it at once', async () => {
    const { store, server } = await openAll()
    const key = `test/${aName('key')}`
    await store.set(key, '1')
    const watch = follow((signal) => store.watch(key, signal))
    const other = follow((signal) => store.watch(key, signal))
    await expect.poll(() => watch.current()?.[0]?.value, SOON).toBe('1')
    server.freeze()
    const frozenAt = performance.now()
    const stopped = performance.now()
    other.stop()
    await other.ended
    const stoppedMs = performance.now() - stopped
    await expect
      .poll(() => watch.told.at(-1)?.state, { timeout: 40_000, interval: 50 })
      .toBe('interrupted')
    const noticedMs = performance.now() - frozenAt
    server.thaw()
    expect(stoppedMs).toBeLessThan(100)
    expect(noticedMs).toBeLessThan(30_000)
    await expect
      .poll(() => attempt(() => store.set(key, '2')), SOON)
      .toMatchObject({
        outcome: 'answered',
      })
    await expect.poll(() => watch.current()?.[0]?.value, SOON).toBe('2')
  })

  it('loses no write that was acknowledged, over three kills under load', async () => {
    const { store, server } = await openAll()
    const acknowledged: string[] = []
    const failed = new Set<string>()
    let running = true
    const load = (async () => {
      for (let nr = 0; running; nr++) {
        const key = `test/${String(nr).padStart(6, '0')}`
        const { outcome } = await attempt(async () => {
          if (!(await store.create(key, 'x'))) throw new Error('it was there already')
        })
        if (outcome === 'answered') acknowledged.push(key)
        else {
          failed.add(outcome)
          await pause(5)
        }
      }
    })()
    for (let nr = 0; nr < 3; nr++) {
      await pause(500)
      server.kill()
      await pause(300)
      await server.restart()
    }
    await expect
      .poll(() => attempt(() => store.get('test/0')), SOON)
      .toMatchObject({
        outcome: 'answered',
      })
    running = false
    await load
    const there = new Set((await store.list('test/')).map(({ key }) => key))
    expect(acknowledged.length).toBeGreaterThan(100)
    expect(acknowledged.filter((key) => !there.has(key))).toEqual([])
    expect([...failed]).toEqual(['Unavailable'])
  })

  it('keeps a lock with its holder when PostgreSQL is back within the TTL', async () => {
    const { locks, server } = await openAll()
    const other = postgresLocks(server.url)
    onTestFinished(() => other.close())
    const name = aName('lock')
    const held = await locks.tryAcquire(name, { ...terms, ttlMs: 20_000 })
    server.kill()
    await server.restart()
    await expect
      .poll(() => attempt(async () => held?.renew()), SOON)
      .toMatchObject({ outcome: 'answered' })
    expect(held?.lost.aborted).toBe(false)
    expect(await other.tryAcquire(name, terms)).toBeUndefined()
    await held?.release()
    const next = await other.tryAcquire(name, terms)
    expect(next?.token).toBeGreaterThan(held?.token ?? Number.NaN)
    await next?.release()
  })

  it('tells a holder that hears nothing for the TTL that its lock is lost, before others get it', async () => {
    const { locks, server } = await openAll()
    const other = postgresLocks(server.url)
    const stop = new AbortController()
    onTestFinished(async () => {
      stop.abort()
      await other.close()
    })
    const name = aName('lock')
    const held = await locks.tryAcquire(name, terms)
    const next = other.acquire(name, terms, stop.signal)
    server.freeze()
    const frozenAt = performance.now()
    await expect.poll(() => held?.lost.aborted, { timeout: 14_000, interval: 50 }).toBe(true)
    const toldMs = performance.now() - frozenAt
    server.thaw()
    expect(toldMs).toBeLessThan(terms.ttlMs + 500)
    await expect(held?.renew()).rejects.toMatchObject({ kind: 'Conflict' })
    const taken = await next
    expect(taken?.token).toBeGreaterThan(held?.token ?? Number.NaN)
    await taken?.release()
  })
})

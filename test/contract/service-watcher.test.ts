import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { WatcherParts } from '#functions/service-watcher/service-watcher.ts'
import { memoryDirectory } from '#shared/adapters/memory/directory.ts'
import { type MemoryLog, memoryEventLog, memoryLog } from '#shared/adapters/memory/event-log.ts'
import { memoryKeyValue } from '#shared/adapters/memory/key-value.ts'
import { lockTable, memoryLocks, takeAway } from '#shared/adapters/memory/locks.ts'
import { guardedFetch } from '#shared/adapters/network/guarded-fetch.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { postgresDirectory } from '#shared/adapters/postgres/directory.ts'
import { postgresKeyValue } from '#shared/adapters/postgres/key-value.ts'
import { postgresLocks } from '#shared/adapters/postgres/locks.ts'
import { catalogKeys } from '#shared/domain/catalog/service-catalog.ts'
import { forEachOf } from '#shared/domain/for-each.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import { Failure } from '#shared/errors.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import type { CheckReport, DueCheck, HealthChecks } from '#shared/ports/health-checks.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import { freshDatabase } from '#test/support/database.ts'
import { aRegistration } from '#test/support/discovery.ts'
import { aWatcher, eventsOf } from '#test/support/watcher-under-test.ts'

const SOON = { timeout: 5_000, interval: 10 }

type Discovery = Pick<WatcherParts, 'directory' | 'keyValue' | 'locks'> &
  Readonly<{
    /** Takes the watcher's lock away from who holds it, where that can be done. */
    loseLock?: () => void
  }>

function inMemory() {
  const table = lockTable()
  const directory = memoryDirectory()
  onTestFinished(() => directory.close())
  const loseLock = () => takeAway(table, 'service-watcher')
  return { directory, keyValue: memoryKeyValue(), locks: memoryLocks(table), loseLock }
}

async function inPostgres(): Promise<Discovery> {
  const url = await freshDatabase()
  const opened = {
    directory: postgresDirectory(url),
    keyValue: postgresKeyValue(url),
    locks: postgresLocks(url),
  }
  onTestFinished(async () => {
    for (const one of Object.values(opened)) await one.close()
  })
  return opened
}

describe('the catalog', () => {
  it('has a change within a second, of instances and of each key', async () => {
    const discovery = inMemory()
    const { directory, keyValue } = discovery
    const { find, start } = await aWatcher(discovery)
    const registration = aRegistration({ service: 'billing' })
    await directory.register(registration)
    start()
    await expect.poll(async () => find('billing'), SOON).toBeDefined()
    const breaker = { service: 'billing', instance: 'one', state: 'open', since: 1, retryAt: 2 }
    const changes: readonly (readonly [() => Promise<unknown>, object])[] = [
      [() => directory.renew(registration, 'warning'), { instances: [{ health: 'warning' }] }],
      [
        () => keyValue.set(catalogKeys.rules('billing'), '{"revision":3}'),
        { rules: { revision: 3 } },
      ],
      [
        () =>
          keyValue.set(
            catalogKeys.breaker('billing', 'one'),
            JSON.stringify({ ...breaker, reason: '' }),
          ),
        { breakers: [breaker] },
      ],
      [
        () => keyValue.set(catalogKeys.learned('billing'), '[{"calls":9}]'),
        { learned: [{ calls: 9 }] },
      ],
      [() => directory.deregister(registration), { instances: [], rules: { revision: 3 } }],
    ]
    for (const [change, expected] of changes) {
      await change()
      const changedAt = performance.now()
      await expect.poll(async () => (await find('billing'))?.catalog, SOON).toMatchObject(expected)
      expect(performance.now() - changedAt).toBeLessThan(1_000)
    }
  })

  it('is handed over to the next run, and taken over from one that lost its lock', async () => {
    const discovery = inMemory()
    const { directory, loseLock } = discovery
    const { find, start } = await aWatcher(discovery)
    const first = start()
    await directory.register(aRegistration({ service: 'a' }))
    await expect.poll(async () => find('a'), SOON).toBeDefined()
    start()
    first.stop()
    await first.ended
    await directory.register(aRegistration({ service: 'b' }))
    await expect.poll(async () => find('b'), SOON).toBeDefined()
    start()
    loseLock()
    await directory.register(aRegistration({ service: 'c' }))
    await expect.poll(async () => find('c'), SOON).toBeDefined()
  })
})

/** Lets calls fail, or succeed and fail to say so, or the whole run be cut off, at random. */
function faulty<T extends object>(port: T, share: () => number, names: readonly string[]): T {
  return new Proxy(port, {
    get(target, name) {
      const own = Reflect.get(target, name) as unknown
      if (typeof own !== 'function' || !names.includes(String(name))) return own
      return async (...given: unknown[]) => {
        const before = Math.random() < share()
        const after = Math.random() < share()
        if (before) throw new Failure('Unavailable', 'lost on the way there')
        const answer = (await own.apply(target, given)) as unknown
        if (after) throw new Failure('Unavailable', 'lost on the way back')
        return answer
      }
    },
  })
}

const places = [
  { name: 'memory', open: async () => inMemory() },
  { name: 'PostgreSQL', open: inPostgres },
]

/** How many events of each type a log has. */
function countsOf(memory: MemoryLog) {
  return Object.fromEntries(
    [...Map.groupBy(eventsOf(memory), ({ type }) => type)].map(([type, all]) => [type, all.length]),
  )
}

describe('events of services', () => {
  it.each(places)(
    'equal the changes when 1,000 instances come and go in waves, through faults and crashes: $name',
    async ({ open }) => {
      const discovery = await open()
      const { directory, loseLock } = discovery
      const memory = memoryLog(eventTopics)
      let share = 0.02
      const writes = ['get', 'list', 'create', 'replace', 'remove']
      const keyValue = faulty<KeyValue>(discovery.keyValue, () => share, writes)
      const eventLog = faulty<EventLog>(memoryEventLog(memory), () => share, ['append'])
      const watcher = await aWatcher({ ...discovery, keyValue }, { eventLog })
      let oldest = watcher.start()
      watcher.start()
      // The next one takes over while this one is in the middle of something.
      const crashes = setInterval(() => {
        if (loseLock) return loseLock()
        const ending = oldest
        oldest = watcher.start()
        ending.stop()
      }, 300)
      onTestFinished(() => clearInterval(crashes))
      const settledAt = (types: Readonly<Record<string, number>>) =>
        expect.poll(() => countsOf(memory), { timeout: 20_000, interval: 50 }).toEqual(types)

      const registrations = Array.from({ length: 1_000 }, (_, nr) =>
        aRegistration({ service: `wave-${nr % 50}`, id: `i-${nr}` }),
      )
      for (let wave = 0; wave < 1_000; wave += 250) {
        const some = registrations.slice(wave, wave + 250)
        await forEachOf(some, 8, (one) => directory.register(one))
        await pause(40)
      }
      const came = { 'services.lifecycle.registered': 1_000, 'services.health.passing': 1_000 }
      await settledAt(came)
      const ill = registrations.slice(0, 300)
      await forEachOf(ill, 8, (one) => directory.renew(one, 'critical'))
      await settledAt({ ...came, 'services.health.critical': 300 })
      await forEachOf(registrations, 8, (one) => directory.deregister(one))
      share = 0
      const went = { 'services.lifecycle.deregistered': 1_000 }
      await settledAt({ ...came, 'services.health.critical': 300, ...went })
      clearInterval(crashes)
      for (const type of [...Object.keys(came), ...Object.keys(went)]) {
        const told = eventsOf(memory).filter((event) => event.type === type)
        expect(new Set(told.map(({ instance }) => instance)).size).toBe(1_000)
      }
      await watcher.stopAll()
      expect(await discovery.keyValue.list('announced/')).toEqual([])
    },
    90_000,
  )

  it('tell what happened while nobody watched', async () => {
    const discovery = inMemory()
    const { directory } = discovery
    const { start, events } = await aWatcher(discovery)
    const [one, two] = ['one', 'two'].map((service) => aRegistration({ service }))
    await directory.register(one as NonNullable<typeof one>)
    const first = start()
    await expect.poll(() => events().length, SOON).toBe(2)
    first.stop()
    await first.ended
    await directory.deregister(one as NonNullable<typeof one>)
    await directory.register(two as NonNullable<typeof two>)
    start()
    const told = () => events().map(({ type, service }) => `${service} ${type}`)
    await expect
      .poll(() => told().sort(), SOON)
      .toEqual([
        'one services.health.passing',
        'one services.lifecycle.deregistered',
        'one services.lifecycle.registered',
        'two services.health.passing',
        'two services.lifecycle.registered',
      ])
  })
})

/** Instances that are to be asked once each. */
function dueOnce(due: readonly DueCheck[]) {
  const left = [...due]
  const reports: CheckReport[] = []
  const checks: HealthChecks = {
    due: async (limit) => left.splice(0, limit),
    report: async (found) => void reports.push(...found),
    sweep: async () => undefined,
    close: async () => undefined,
  }
  return { checks, reports }
}

describe('asking instances how they are', () => {
  it('takes 2xx for passing, 429 for warning, all else for critical, a redirect too', async () => {
    const server = createServer((request, response) => {
      const status = Number(request.url?.slice(1))
      if (status === 0) return
      response.writeHead(status, status === 302 ? { location: '/200' } : {})
      response.end('x'.repeat(100_000))
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close().closeAllConnections())
    await new Promise((done) => server.once('listening', done))
    const { port } = server.address() as AddressInfo
    const asked = ['200', '204', '429', '302', '404', '500', '000']
    const { checks, reports } = dueOnce([
      ...asked.map((path) => aDueCheck(path, `http://127.0.0.1:${port}/${path}`)),
      aDueCheck('refused', 'http://127.0.0.1:1/'),
      aDueCheck('forbidden', 'http://169.254.169.254/'),
    ])
    const networks = upstreamNetworks('127.0.0.0/8')
    const { start } = await aWatcher(inMemory(), {
      checks,
      ask: async ({ url, timeoutMs }) =>
        (await guardedFetch(url, { networks, timeoutMs, maxBytes: 1_024, cut: true })).status,
    })
    start()
    await expect.poll(() => reports.length, SOON).toBe(9)
    const found = Object.fromEntries(reports.map(({ id, condition }) => [id, condition]))
    expect(found).toEqual({
      ...{ 200: 'passing', 204: 'passing', 429: 'warning', 302: 'critical', 404: 'critical' },
      ...{ 500: 'critical', '000': 'critical', refused: 'critical', forbidden: 'critical' },
    })
  })

  it('asks fifty at once at most', async () => {
    const { checks, reports } = dueOnce(
      Array.from({ length: 300 }, (_, nr) => aDueCheck(`i-${nr}`, 'http://127.0.0.1/')),
    )
    let now = 0
    let most = 0
    const { start } = await aWatcher(inMemory(), {
      checks,
      ask: async () => {
        now += 1
        most = Math.max(most, now)
        await pause(20)
        now -= 1
        return 200
      },
      random: () => 0,
    })
    start()
    await expect.poll(() => reports.length, SOON).toBe(300)
    expect(most).toBe(50)
  })
})

function aDueCheck(id: string, url: string): DueCheck {
  return { service: 'checked', id, url, timeoutMs: 300, lease: 1 }
}

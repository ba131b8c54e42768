import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { serviceWatcher } from '#functions/service-watcher/service-watcher.ts'
import { startPostgres } from '#local/postgres.ts'
import { openCatalog, openCatalogPublisher } from '#shared/adapters/catalog.ts'
import { openDirectory, openKeyValue, openLocks } from '#shared/adapters/discovery.ts'
import { type MemoryLog, memoryEventLog, memoryLog } from '#shared/adapters/memory/event-log.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { migrate } from '#shared/adapters/postgres/migrate.ts'
import type { Registration } from '#shared/domain/discovery/instance.ts'
import { forEachOf } from '#shared/domain/for-each.ts'
import { eventTopics } from '#shared/domain/topics.ts'
import type { Catalog } from '#shared/ports/catalog.ts'
import { type BenchOptions, type Figure, quantile, type Report } from './report.ts'

const SERVICES = 1_000
const CHANGES = 60
const QUIET_MS = 3_000
const FIRST_WITHIN_MS = 60_000

/** From a change of one of 1,000 services to the snapshot of a reader, and what watching them costs. */
export async function catalogChanges({ smoke }: BenchOptions): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-bench-'))
  const postgres = await startPostgres({ dataDir: join(folder, 'data', 'postgres') })
  const consul = process.env.CONSUL_HTTP_ADDR
  try {
    const sql = connect(postgres.url, { applicationName: 'bench' })
    await migrate(sql, {
      folder: join(import.meta.dirname, '../shared/adapters/postgres/migrations'),
    })
    await sql.end()
    const figures = await through('PostgreSQL', postgres.url, smoke)
    if (consul)
      figures.push(...(await through('Consul', consul.replace('http:', 'consul:'), smoke)))
    const notes = [`${smoke ? 20 : SERVICES} services, a change of health after another`]
    return {
      figures,
      notes: consul ? notes : [...notes, 'Consul not run: CONSUL_HTTP_ADDR is not set'],
    }
  } finally {
    await postgres.stop()
    await rm(folder, { recursive: true })
  }
}

async function through(name: string, discoveryUrl: string, smoke: boolean): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-bench-'))
  const catalogUrl = pathToFileURL(join(folder, '/')).href
  const directory = await openDirectory(discoveryUrl)
  const keyValue = await openKeyValue(discoveryUrl)
  const locks = await openLocks(discoveryUrl)
  const memory = memoryLog(eventTopics)
  const watch = serviceWatcher({
    ...{ directory, keyValue, locks, checks: undefined, ask: async () => 200 },
    publisher: openCatalogPublisher(catalogUrl),
    eventLog: memoryEventLog(memory),
    ...{ redact: (text) => text, newId: randomUUID, random: Math.random, now: () => new Date() },
  })
  const registrations = Array.from({ length: smoke ? 20 : SERVICES }, (_, nr) => aRegistration(nr))
  const catalog = openCatalog(catalogUrl)
  const stop = new AbortController()
  try {
    await forEachOf(registrations, 8, (one) => directory.register(one))
    const begun = performance.now()
    const watching = watch(stop.signal)
    await forEachOf(registrations, 8, ({ service }) => seen(catalog, service, 'passing'))
    const firstMs = performance.now() - begun
    while (countEvents(memory) < 2 * registrations.length) await pause(20)
    const toldMs = performance.now() - begun
    const quiet = await cpuShare(() => pause(smoke ? 100 : QUIET_MS))
    const took: number[] = []
    const busy = await cpuShare(async () => {
      for (let nr = 0; nr < (smoke ? 3 : CHANGES); nr++) {
        const one = registrations[(nr * 37) % registrations.length] as Registration
        await directory.renew(one, 'warning')
        const changed = performance.now()
        await seen(catalog, one.service, 'warning')
        took.push(performance.now() - changed)
      }
    })
    stop.abort()
    await watching
    return [
      { name: `${name}: all of them published after`, value: firstMs, unit: 'ms' },
      { name: `${name}: the log told of all of them after`, value: toldMs, unit: 'ms' },
      { name: `${name}: change -> snapshot, p50`, value: quantile(took, 0.5), unit: 'ms' },
      {
        name: `${name}: change -> snapshot, worst`,
        value: Math.max(...took),
        unit: 'ms',
        atMost: 1_000,
      },
      { name: `${name}: watcher and reader, quiet`, value: quiet, unit: '% of a CPU' },
      { name: `${name}: the same, a change after another`, value: busy, unit: '% of a CPU' },
    ]
  } finally {
    stop.abort()
    await forEachOf(registrations, 8, (one) => directory.deregister(one))
    for (const key of await keyValue.list('announced/bench-')) await keyValue.delete(key.key)
    await Promise.all([directory.close(), keyValue.close(), locks.close(), catalog.close()])
    await rm(folder, { recursive: true })
  }
}

/** Waits until a reader has a service's first instance with that health. */
async function seen(catalog: Catalog, service: string, health: string): Promise<void> {
  const deadline = performance.now() + FIRST_WITHIN_MS
  while (performance.now() < deadline) {
    const entry = await (async () => catalog.find(service))().catch(() => undefined)
    if (entry?.catalog.instances[0]?.health === health) return
    await pause(5)
  }
  throw new Error(`${service} was not seen ${health}`)
}

function countEvents({ topics }: MemoryLog): number {
  return [...topics.values()].flat().reduce((sum, records) => sum + records.length, 0)
}

async function cpuShare(work: () => Promise<unknown>): Promise<number> {
  const [cpu, started] = [process.cpuUsage(), performance.now()]
  await work()
  const { user, system } = process.cpuUsage(cpu)
  return ((user + system) / 1_000 / (performance.now() - started)) * 100
}

function aRegistration(nr: number): Registration {
  return {
    ...{ service: `bench-${nr}`, id: 'one', address: '127.0.0.1', port: 8_080, version: '1.0.0' },
    ...{ protocol: 'http', capabilities: ['a', 'b'], tags: [], meta: {} },
    check: { kind: 'ttl', ttlMs: 600_000 },
  }
}

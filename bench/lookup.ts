import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { readService } from '#shared/adapters/catalog/read-service.ts'
import { openCatalog, openCatalogPublisher } from '#shared/adapters/catalog.ts'
import { consulDirectory } from '#shared/adapters/consul/directory.ts'
import { consulKeyValue } from '#shared/adapters/consul/key-value.ts'
import { consulSettings } from '#shared/adapters/consul/settings.ts'
import { serviceNames, someCatalogs } from './catalogs.ts'
import { type BenchOptions, type Figure, quantile, type Report } from './report.ts'

const SERVICES = 1_000
const LOOKUPS = 200_000
const MISSES = 1_000
const WARM_UP = 5_000

/** Looking a service up in the snapshot, beside a Map; and through Consul, beside a bare request. */
export async function lookup({ smoke }: BenchOptions): Promise<Report> {
  const figures = [...(await inSnapshot(smoke ? 1_000 : LOOKUPS))]
  if (!process.env.CONSUL_HTTP_ADDR) {
    return { figures, notes: ['through Consul not run: CONSUL_HTTP_ADDR is not set'] }
  }
  figures.push(...(await throughConsul(smoke ? 20 : MISSES)))
  return {
    figures,
    notes: [`${SERVICES} services of 10 instances; a miss reads instances and keys`],
  }
}

async function inSnapshot(lookups: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-bench-'))
  const url = pathToFileURL(join(folder, '/')).href
  const services = someCatalogs(SERVICES, 10)
  await openCatalogPublisher(url).publish(services, { token: 1, confirmedAt: Date.now() })
  const catalog = openCatalog(url)
  const names = serviceNames(SERVICES)
  for (const name of names) await catalog.find(name)
  const bare = new Map(services.map((one) => [one.service, one]))
  try {
    return [
      ...quantiles(
        'in a Map',
        each(names, lookups, (name) => bare.get(name)),
      ),
      ...quantiles(
        'in the snapshot',
        each(names, lookups, (name) => catalog.find(name)),
        0.1,
      ),
    ]
  } finally {
    await catalog.close()
    await rm(folder, { recursive: true })
  }
}

/** Ms of each of so many look-ups, each of another name than the one before. */
function each(names: readonly string[], count: number, find: (name: string) => unknown): number[] {
  const took: number[] = []
  for (let nr = -WARM_UP; nr < count; nr++) {
    const name = names[((nr + WARM_UP) * 7_919) % names.length] ?? ''
    const started = performance.now()
    const found = find(name)
    if (nr >= 0) took.push(performance.now() - started)
    if (found === undefined || found instanceof Promise) throw new Error(`${name} was not there`)
  }
  return took
}

async function throughConsul(misses: number): Promise<Figure[]> {
  const settings = consulSettings(process.env)
  const directory = consulDirectory(settings)
  const keyValue = consulKeyValue(settings)
  const agent = new Agent({ keepAlive: true })
  const service = `bench-${process.pid}`
  const refs = ['a', 'b', 'c'].map((id) => ({ service, id }))
  const read = readService({ directory, keyValue })
  try {
    for (const ref of refs) {
      await directory.register({
        ...{ ...ref, address: '127.0.0.1', port: 8_080, version: '1.0.0', protocol: 'http' },
        ...{ capabilities: ['a', 'b'], tags: [], meta: {} },
        check: { kind: 'ttl', ttlMs: 60_000 },
      })
    }
    const { host, port, token } = settings
    const headers = token === undefined ? {} : { 'X-Consul-Token': token }
    const path = `/v1/health/service/${service}?consistent=1`
    const bare = () =>
      new Promise<void>((done, fail) => {
        get({ host, port, path, agent, headers }, (response) => {
          response.on('end', done).on('error', fail).resume()
        }).on('error', fail)
      })
    return [
      ...(settings.secure ? [] : quantiles('one bare GET to Consul', await times(misses, bare))),
      ...quantiles('through Consul on a miss', await times(misses, () => read(service)), 10),
    ]
  } finally {
    for (const ref of refs) await directory.deregister(ref)
    await Promise.all([directory.close(), keyValue.close()])
    agent.destroy()
  }
}

async function times(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const took: number[] = []
  for (let nr = -20; nr < count; nr++) {
    const started = performance.now()
    await work()
    if (nr >= 0) took.push(performance.now() - started)
  }
  return took
}

function quantiles(name: string, took: readonly number[], p99AtMost?: number): Figure[] {
  return [
    { name: `${name}, p50`, value: quantile(took, 0.5), unit: 'ms' },
    {
      ...{ name: `${name}, p99`, value: quantile(took, 0.99), unit: 'ms' },
      ...(p99AtMost === undefined ? {} : { atMost: p99AtMost }),
    },
  ]
}

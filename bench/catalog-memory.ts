import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { openCatalog, openCatalogPublisher } from '#shared/adapters/catalog.ts'
import { serviceNames, someCatalogs } from './catalogs.ts'
import type { BenchOptions, Report } from './report.ts'

const INSTANCES = 10_000
const MB = 1_048_576

/** What the snapshot of 10,000 instances takes, beside its text. */
export async function catalogMemory({ smoke }: BenchOptions): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'omninode-bench-'))
  const url = pathToFileURL(join(folder, '/')).href
  const services = smoke ? 10 : INSTANCES / 10
  const text = await publish(url, services)
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  try {
    collect()
    const before = process.memoryUsage()
    const catalog = openCatalog(url)
    for (const name of serviceNames(services)) await catalog.find(name)
    collect()
    const after = process.memoryUsage()
    await catalog.close()
    const grown = (of: 'heapUsed' | 'rss') => (after[of] - before[of]) / MB
    return {
      figures: [
        { name: 'documents as text', value: text / MB, unit: 'MB' },
        { name: 'heap, more', value: grown('heapUsed'), unit: 'MB', atMost: 100 },
        { name: 'resident, more', value: grown('rss'), unit: 'MB', atMost: 100 },
      ],
      notes: [`${services} services of 10 instances, every one asked for`],
    }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** Publishes so many services; answers the characters of their documents. */
async function publish(url: string, services: number): Promise<number> {
  const catalogs = someCatalogs(services, 10)
  await openCatalogPublisher(url).publish(catalogs, { token: 1, confirmedAt: Date.now() })
  return catalogs.reduce((sum, catalog) => sum + JSON.stringify(catalog).length, 0)
}

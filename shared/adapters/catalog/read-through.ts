import { LRUCache } from 'lru-cache'
import type { ServiceCatalog } from '../../domain/catalog/service-catalog.ts'
import type { CatalogEntry } from '../../ports/catalog.ts'

/** Asks for a service that the snapshot does not have. */
export type ReadThrough = (service: string) => Promise<ServiceCatalog | undefined>

/** Callers may ask for any name: so many are remembered, for so long. */
const MOST = 1_000
const REMEMBERED_MS = 1_000

/** Asks once for all who ask for one service within a second, whether it is there or not. */
export function readThroughCache(
  readThrough: ReadThrough,
  now: () => number,
): (service: string) => Promise<CatalogEntry | undefined> {
  type Asked = Readonly<{ at: number; entry: Promise<CatalogEntry | undefined> }>
  const asked = new LRUCache<string, Asked>({ max: MOST })

  return (service) => {
    const known = asked.get(service)
    if (known && now() - known.at < REMEMBERED_MS) return known.entry
    const entry = readThrough(service).then((catalog) => catalog && { catalog, stale: false })
    asked.set(service, { at: now(), entry })
    entry.catch(() => asked.delete(service))
    return entry
  }
}

import type { ServiceCatalog } from '../domain/catalog/service-catalog.ts'
import { Failure } from '../errors.ts'
import type { Catalog, CatalogPublisher } from '../ports/catalog.ts'
import { catalogPublisher } from './catalog/publisher.ts'
import { catalogReader } from './catalog/reader.ts'
import { openDocumentPlace, placeScheme } from './document-place.ts'

/**
 * How often a place is looked at while the catalog is in use, ms. A file's look costs a twentieth of a
 * millisecond; an object's is a request that is paid for.
 */
const LOOK_EVERY_MS = { 'file:': 100, 's3:': 500 } as const

export type CatalogOptions = Readonly<{
  /**
   * Where a service is looked for that the snapshot does not have, or has no more of that may be used:
   * `readService` asks the directory. Left out: such a service is unknown.
   */
  readThrough?: (service: string) => Promise<ServiceCatalog | undefined>
  /** How often the place is looked at while the catalog is in use, ms. */
  lookEveryMs?: number
  /** ms since the epoch */
  now?: () => number
}>

/**
 * The catalog that `openCatalogPublisher` publishes to `file:///folder/` or `s3://bucket/prefix/`.
 *
 * @throws `InvalidInput` for another scheme, or where the last slash is missing
 */
export function openCatalog(url: string, options: CatalogOptions = {}): Catalog {
  const scheme = folderScheme(url)
  return catalogReader(openDocumentPlace(url, { durable: false }), {
    lookEveryMs: LOOK_EVERY_MS[scheme],
    now: Date.now,
    ...options,
  })
}

/** Publishes to where `openCatalog` reads. @throws `InvalidInput` as it does */
export function openCatalogPublisher(url: string): CatalogPublisher {
  folderScheme(url)
  return catalogPublisher(openDocumentPlace(url, { durable: false, makeFolder: true }))
}

function folderScheme(url: string) {
  const scheme = placeScheme(url)
  if (!url.endsWith('/')) throw new Failure('InvalidInput', 'a catalog URL ends with a slash')
  return scheme
}

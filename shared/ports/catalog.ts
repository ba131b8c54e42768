import type { ServiceCatalog } from '../domain/catalog/service-catalog.ts'

/** A service as the snapshot in memory has it. */
export type CatalogEntry = Readonly<{
  catalog: ServiceCatalog
  /** The snapshot is older than it should be, because its publisher or its place is away. */
  stale: boolean
}>

/** The services there are, in memory: a look-up never waits for the network once a snapshot is there. */
export interface Catalog {
  /**
   * A service's entry, at once when a snapshot is there; undefined for a service that nobody knows.
   *
   * @throws `Unavailable` when there is no snapshot, or only one past the time for which stale ones serve.
   */
  find(service: string): CatalogEntry | undefined | Promise<CatalogEntry | undefined>
  close(): Promise<void>
}

/** What a publication is made with. */
export type PublishTerms = Readonly<{
  /** Of the lock that its publisher holds: a publisher with a smaller one than was seen is refused. */
  token: number
  /** When the services were known to be as published, ms since the epoch. */
  confirmedAt: number
}>

/** Where the catalog is put for all functions. */
export interface CatalogPublisher {
  /**
   * Makes these the services that there are. Only those are written that are other objects than last time
   * and say something else; with the same ones it says anew that they are current.
   *
   * @throws `Conflict` when a holder of a larger token has published; `Unavailable`
   */
  publish(services: readonly ServiceCatalog[], terms: PublishTerms): Promise<void>
}

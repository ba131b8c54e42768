import { digest } from '../recording/identity.ts'
import type { ServiceCatalog } from './service-catalog.ts'

/** The name of the document that names all others. */
export const INDEX = 'index.json'

/**
 * What lies at a catalog's place: which document holds each service. Documents are named by what they
 * hold, so that one that is there never changes, whoever writes.
 */
export type CatalogIndex = Readonly<{
  /** The largest lock token that has published. */
  token: number
  /** When the services were known to be so, ms since the epoch. */
  confirmedAt: number
  /** The digest of each service's document. */
  services: Readonly<Record<string, string>>
  /** Documents that are no longer named, and since when: kept a while for readers of an older index. */
  retired: readonly (readonly [name: string, since: number])[]
}>

/** What an empty place holds. */
export const EMPTY_INDEX: CatalogIndex = { token: 0, confirmedAt: 0, services: {}, retired: [] }

/** The text of a service's document, and its digest. */
export function serviceDocument(catalog: ServiceCatalog) {
  const text = JSON.stringify(catalog)
  return { text, digest: digest(text) }
}

/** The name of a service's document; a service's name is a DNS label. */
export function documentName(service: string, documentDigest: string): string {
  return `service.${service}.${documentDigest}.json`
}

/** Reads an index; undefined for text that is none. */
export function parseIndex(text: string): CatalogIndex | undefined {
  const value = parseObject<CatalogIndex>(text)
  const isIndex =
    typeof value?.token === 'number' &&
    typeof value.confirmedAt === 'number' &&
    typeof value.services === 'object' &&
    Array.isArray(value.retired)
  return isIndex ? (value as CatalogIndex) : undefined
}

/** Reads a service's document; undefined for text that is none. */
export function parseServiceDocument(text: string): ServiceCatalog | undefined {
  const value = parseObject<ServiceCatalog>(text)
  const isDocument =
    typeof value?.service === 'string' &&
    Array.isArray(value.instances) &&
    Array.isArray(value.breakers) &&
    Array.isArray(value.learned)
  return isDocument ? (value as ServiceCatalog) : undefined
}

function parseObject<T>(text: string): Partial<T> | null | undefined {
  try {
    return JSON.parse(text) as Partial<T> | null
  } catch {
    // Not JSON is one of the ways to be no such document; the caller says so.
    return undefined
  }
}

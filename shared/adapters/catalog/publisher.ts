import {
  type CatalogIndex,
  documentName,
  EMPTY_INDEX,
  INDEX,
  parseIndex,
  serviceDocument,
} from '../../domain/catalog/catalog-index.ts'
import type { ServiceCatalog } from '../../domain/catalog/service-catalog.ts'
import { forEachOf } from '../../domain/for-each.ts'
import { Failure } from '../../errors.ts'
import { log } from '../../log.ts'
import type { CatalogPublisher, PublishTerms } from '../../ports/catalog.ts'
import type { DocumentPlace } from '../../ports/document-place.ts'

const AT_ONCE = 16
/** A reader of an older index has read its documents by then, ms. */
const RETIRED_FOR_MS = 60_000

/**
 * A later publisher that has confirmed nothing for so long is gone, ms. A directory that begins anew without its
 * data gives out small tokens again.
 */
const FENCE_MS = 60_000

type Known = Readonly<{ tag: string | undefined; index: CatalogIndex }>

/** Publishes a document per service, then the index that names them. */
export function catalogPublisher(opening: Promise<DocumentPlace>): CatalogPublisher {
  // Handled where it is awaited; without this an early failure would end the process.
  opening.catch(() => undefined)
  const digests = new WeakMap<ServiceCatalog, string>()
  let known: Known | undefined

  async function readIndex(): Promise<Known> {
    const place = await opening
    const found = await place.read(INDEX).catch(noneIfMissing)
    const index = found && parseIndex(found.text)
    if (found && !index) log('warn', 'catalog.index-unreadable')
    return { tag: found?.tag, index: index ?? EMPTY_INDEX }
  }

  /** Writes the documents that the index does not name; answers what it has to name. */
  async function writeDocuments(services: readonly ServiceCatalog[], named: CatalogIndex) {
    const place = await opening
    const next: Record<string, string> = {}
    await forEachOf(services, AT_ONCE, async (catalog) => {
      const { service } = catalog
      const digest = digests.get(catalog)
      if (digest !== undefined && digest === named.services[service]) {
        next[service] = digest
        return
      }
      const document = serviceDocument(catalog)
      next[service] = document.digest
      if (document.digest !== named.services[service]) {
        await place.put(documentName(service, document.digest), document.text)
      }
      digests.set(catalog, document.digest)
    })
    return next
  }

  async function writeIndex(services: readonly ServiceCatalog[], terms: PublishTerms) {
    known ??= await readIndex()
    const { tag, index } = known
    if (isOvertaken(index, terms)) {
      throw new Failure('Conflict', 'the catalog is published by another, later one')
    }
    const next = await writeDocuments(services, index)
    const { retired, forgotten } = retire(index, next, terms.confirmedAt)
    const place = await opening
    const written = { ...terms, services: next, retired }
    const newTag = await place.replace(INDEX, JSON.stringify(written), tag)
    known = { tag: newTag, index: written }
    return forgotten
  }

  return {
    async publish(services, terms) {
      let forgotten: readonly string[]
      try {
        forgotten = await writeIndex(services, terms)
      } catch (error) {
        // What was read or written last may be another by now: a write may have been made unseen.
        const isStranger = known !== undefined && isOvertaken(known.index, terms)
        known = undefined
        if (isStranger || !(error instanceof Failure) || error.kind !== 'Conflict') throw error
        forgotten = await writeIndex(services, terms)
      }
      const place = await opening
      await forEachOf(forgotten, AT_ONCE, (name) => place.remove(name))
    },
  }
}

function isOvertaken(index: CatalogIndex, { token, confirmedAt }: PublishTerms): boolean {
  return index.token > token && confirmedAt - index.confirmedAt < FENCE_MS
}

/** Which documents are no longer named, and which of them nobody reads any more. */
function retire(index: CatalogIndex, next: CatalogIndex['services'], nowMs: number) {
  const isNamed = new Set(Object.entries(next).map(([name, digest]) => documentName(name, digest)))
  const dropped = Object.entries(index.services)
    .map(([service, digest]) => documentName(service, digest))
    .map((name) => [name, nowMs] as const)
  const all = [...index.retired, ...dropped].filter(([name]) => !isNamed.has(name))
  const retired = all.filter(([, since]) => nowMs - since < RETIRED_FOR_MS)
  const kept = new Set(retired.map(([name]) => name))
  const forgotten = all.map(([name]) => name).filter((name) => !kept.has(name))
  return { retired, forgotten }
}

function noneIfMissing(error: unknown): undefined {
  if (!(error instanceof Failure) || error.kind !== 'NotFound') throw error
}

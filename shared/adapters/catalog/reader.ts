import { setTimeout as pause } from 'node:timers/promises'
import {
  documentName,
  INDEX,
  parseIndex,
  parseServiceDocument,
} from '../../domain/catalog/catalog-index.ts'
import { freshnessAt } from '../../domain/catalog/freshness.ts'
import { forEachOf } from '../../domain/for-each.ts'
import { throttle } from '../../domain/throttle.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log } from '../../log.ts'
import type { Catalog, CatalogEntry } from '../../ports/catalog.ts'
import type { DocumentPlace } from '../../ports/document-place.ts'
import { type ReadThrough, readThroughCache } from './read-through.ts'

/**
 * Not looked at for so long, a snapshot is not served before one look: the environment was frozen or
 * nobody asked. ms
 */
const FROZEN_AFTER_MS = 30_000
/** So long is that look waited for, ms. */
const LOOK_WAIT_MS = 1_000
/** A look that takes longer was begun before a freeze, and its connection is dead, ms. */
const LOOK_GIVEN_UP_MS = 5_000
const AT_ONCE = 8
const LOG_EVERY_MS = 10_000

export type ReaderOptions = Readonly<{
  lookEveryMs: number
  now: () => number
  readThrough?: ReadThrough
}>

/** A service's document, parsed once; both entries are made once so that what is built on them lasts. */
type Held = Readonly<{
  digest: string
  fresh: CatalogEntry
  stale: CatalogEntry
  /** The index's, when it named this document last. */
  confirmedAt: number
}>

type ReadIndex = Readonly<{
  tag: string
  confirmedAt: number
  digests: ReadonlyMap<string, string>
}>

type Look = Readonly<{ startedAt: number; ended: Promise<void> }>

/**
 * Holds the index and the documents of the services that were asked for. While it is in use it looks
 * again and again beside the answers; what nobody asks for costs nothing.
 */
export function catalogReader(opening: Promise<DocumentPlace>, options: ReaderOptions): Catalog {
  const { lookEveryMs, now } = options
  const readThrough = options.readThrough && readThroughCache(options.readThrough, now)
  // Handled where it is awaited; without this an early failure would end the process.
  opening.catch(() => undefined)
  const held = new Map<string, Held>()
  const reading = new Map<string, Promise<Held>>()
  const mayLog = throttle(LOG_EVERY_MS)
  let index: ReadIndex | undefined
  let looks = 0
  let lookInUse = 0
  let looking: Look | undefined
  let lookedAt = Number.NEGATIVE_INFINITY
  let usedAt = 0
  let timer: NodeJS.Timeout | undefined
  let closed = false

  async function readDocument(service: string, digest: string, confirmedAt: number): Promise<Held> {
    const place = await opening
    const document = await place.read(documentName(service, digest))
    const catalog = document && parseServiceDocument(document.text)
    if (!catalog) throw new Failure('Unavailable', `the catalog of ${service} is not readable`)
    const entries = { fresh: { catalog, stale: false }, stale: { catalog, stale: true } }
    const one = { digest, ...entries, confirmedAt }
    if (index?.digests.get(service) === digest) held.set(service, one)
    return one
  }

  /** Reads the index, and again the documents that are held and have changed. */
  async function look(): Promise<void> {
    const nr = ++looks
    const place = await opening
    const found = await place.read(INDEX, index?.tag)
    // One that was given up may end after a later one.
    if (nr < lookInUse) return
    lookInUse = nr
    if (found) {
      const parsed = parseIndex(found.text)
      if (!parsed) throw new Failure('Unavailable', 'the index of the catalog is not readable')
      const { confirmedAt, services } = parsed
      index = { tag: found.tag, confirmedAt, digests: new Map(Object.entries(services)) }
    }
    if (index) await refresh(index)
  }

  async function refresh({ digests, confirmedAt }: ReadIndex): Promise<void> {
    await forEachOf([...held], AT_ONCE, async ([service, one]) => {
      const digest = digests.get(service)
      if (digest === undefined) held.delete(service)
      else if (digest !== one.digest) await readDocument(service, digest, confirmedAt)
      else if (confirmedAt !== one.confirmedAt) held.set(service, { ...one, confirmedAt })
    })
  }

  /** The look that is under way, or a new one; it fails as the place does. */
  function lookOnce(): Promise<void> {
    const nowMs = now()
    if (looking && nowMs - looking.startedAt < LOOK_GIVEN_UP_MS) return looking.ended
    const started: Look = {
      startedAt: nowMs,
      ended: look().finally(() => {
        lookedAt = now()
        if (looking === started) looking = undefined
      }),
    }
    looking = started
    started.ended.catch(tell)
    return started.ended
  }

  function tell(error: unknown): void {
    const heldBack = mayLog(now())
    if (heldBack === undefined) return
    log('warn', 'catalog.look-failed', { ...errorFields(error), heldBack })
  }

  /** Looks every so often as long as somebody asks. */
  function keepLooking(): void {
    if (timer || closed) return
    const waitMs = Math.max(0, lookedAt + lookEveryMs - now())
    timer = setTimeout(() => {
      void lookOnce()
        .catch(() => undefined)
        .then(() => {
          timer = undefined
          if (now() - usedAt < FROZEN_AFTER_MS) keepLooking()
        })
    }, waitMs).unref()
  }

  /** The entry as it is held; a promise where its document has to be read first. */
  function answer(service: string): CatalogEntry | undefined | Promise<CatalogEntry | undefined> {
    const digest = index?.digests.get(service)
    if (!index || digest === undefined) return readThrough?.(service)
    const one = held.get(service)
    return one ? judged(service, one) : readFirst(service, digest, index.confirmedAt)
  }

  function judged(service: string, one: Held) {
    const freshness = freshnessAt(one.confirmedAt, now())
    if (freshness !== 'gone') return one[freshness]
    return otherwise(service, 'The catalog of services has not been confirmed for too long.')
  }

  async function readFirst(service: string, digest: string, confirmedAt: number) {
    const key = documentName(service, digest)
    const read =
      reading.get(key) ??
      readDocument(service, digest, confirmedAt).finally(() => reading.delete(key))
    reading.set(key, read)
    try {
      return judged(service, await read)
    } catch (error) {
      tell(error)
      // An index that is a minute old names documents that are gone.
      await lookOnce().catch(() => undefined)
      const next = index?.digests.get(service)
      if (next !== undefined && next !== digest) return answer(service)
      return otherwise(service, 'The catalog of services cannot be read now.')
    }
  }

  async function otherwise(service: string, message: string) {
    if (!readThrough) throw new Failure('Unavailable', message)
    return readThrough(service)
  }

  /** Serves after one look, or after as long as that may be waited for. */
  async function lookFirst(service: string) {
    const looked = lookOnce()
    if (index) {
      const late = pause(LOOK_WAIT_MS, undefined, { ref: false }).then(() => (lookedAt = now()))
      await Promise.race([looked, late]).catch(() => undefined)
    } else await looked.catch(() => undefined)
    keepLooking()
    if (index) return answer(service)
    return otherwise(service, 'There is no catalog of services yet.')
  }

  return {
    find(service) {
      const nowMs = now()
      usedAt = nowMs
      // A clock that was put back counts as a freeze.
      const sinceMs = nowMs - lookedAt
      if (!index || sinceMs > FROZEN_AFTER_MS || sinceMs < 0) return lookFirst(service)
      keepLooking()
      return answer(service)
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await looking?.ended.catch(() => undefined)
    },
  }
}

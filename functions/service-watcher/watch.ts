import { setTimeout as pause } from 'node:timers/promises'
import { CONFIRM_EVERY_MS } from '#shared/domain/catalog/freshness.ts'
import { type KeyPart, keyPrefixes } from '#shared/domain/catalog/key-parts.ts'
import { errorFields, log } from '#shared/log.ts'
import type { CatalogPublisher } from '#shared/ports/catalog.ts'
import type { Directory } from '#shared/ports/directory.ts'
import type { KeyValue } from '#shared/ports/key-value.ts'
import { announceChanges } from './announce-changes.ts'
import type { Announcer } from './announcer.ts'
import { followEach } from './follow-each.ts'
import { followStamps } from './follow-stamps.ts'
import { isPassing } from './passing.ts'
import { type Picture, picture } from './picture.ts'
import { type Sight, sight } from './sight.ts'

export type WatchParts = Readonly<{
  directory: Directory
  keyValue: Pick<KeyValue, 'watch'>
  publisher: CatalogPublisher
  announcer: Announcer
  now: () => Date
  /** Of the lock that is held. */
  token: number
}>

/** Changes within so long are published together, ms: a wave of a thousand is a few publications. */
const TOGETHER_MS = 50
/** How often it is confirmed that all is as published, ms: the place may be slow to take it. */
const CONFIRM_MS = CONFIRM_EVERY_MS - 1_000
const RETRY_MS = 1_000

/**
 * Watches all services until the signal aborts: publishes what is known of them after each change and confirms it
 * every few seconds, and tells the log what happened to them.
 *
 * @throws `Conflict` when another publishes or announces, later than this one
 */
export async function watchServices(parts: WatchParts, signal: AbortSignal): Promise<void> {
  const { directory, keyValue, announcer } = parts
  const view = { picture: picture(), sight: sight() }
  const failing = new AbortController()
  const stop = AbortSignal.any([signal, failing.signal])
  const followed = directory.watchStamps
    ? followStamps({ directory, stamps: directory.watchStamps(stop), ...view }, stop)
    : followEach({ directory, ...view }, stop)
  const work = [
    followed,
    ...followKeys(keyValue, view, stop),
    publishChanges({ ...parts, ...view }, stop),
    announceChanges({ announcer, ...view }, stop),
  ]
  // What fails ends the rest; the first failure is told once all have ended.
  for (const one of work) one.catch((error) => failing.abort(error))
  await Promise.allSettled(work)
  failing.signal.throwIfAborted()
}

function followKeys(
  keyValue: Pick<KeyValue, 'watch'>,
  { picture, sight }: Readonly<{ picture: Picture; sight: Sight }>,
  signal: AbortSignal,
): Promise<void>[] {
  return Object.entries(keyPrefixes).map(([part, prefix]) =>
    sight.follow(part, keyValue.watch(prefix, signal), (entries) =>
      picture.setPart(part as KeyPart, entries),
    ),
  )
}

type Publishing = Pick<WatchParts, 'directory' | 'publisher' | 'now' | 'token'> &
  Readonly<{ picture: Picture; sight: Sight }>

/** Publishes after changes, and every few seconds that nothing has changed. */
async function publishChanges(parts: Publishing, signal: AbortSignal): Promise<void> {
  const { directory, publisher, now, token, picture, sight } = parts
  let confirmedAt = 0
  let publishedAt = 0
  while (!signal.aborted) {
    const isNews = await sight.wait(CONFIRM_MS, signal)
    if (isNews) await pause(TOGETHER_MS, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return
    const lookedAt = now().getTime()
    try {
      // A watch of a directory that stands still says nothing for half a minute.
      if (lookedAt - confirmedAt >= CONFIRM_MS) await directory.services()
      if (sight.isClear() && picture.isComplete()) confirmedAt = lookedAt
      const isDue = isNews || confirmedAt - publishedAt >= CONFIRM_MS
      if (!isDue || !picture.isComplete()) continue
      await publisher.publish(picture.catalogs(), { token, confirmedAt })
      publishedAt = confirmedAt
    } catch (error) {
      if (!isPassing(error)) throw error
      log('warn', 'watcher.not-published', errorFields(error))
      if (isNews) sight.ring()
      await pause(RETRY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

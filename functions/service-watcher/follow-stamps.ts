import type { ServiceStamps } from '#shared/domain/discovery/service-stamps.ts'
import { errorFields, log } from '#shared/log.ts'
import type { Directory } from '#shared/ports/directory.ts'
import type { Watching } from '#shared/ports/watching.ts'
import { isCallable } from './follow-each.ts'
import type { Picture } from './picture.ts'
import { readingQueue } from './reading-queue.ts'
import type { Sight } from './sight.ts'

type Parts = Readonly<{
  directory: Pick<Directory, 'instances'>
  stamps: Watching<ServiceStamps>
  picture: Picture
  sight: Sight
}>

const READERS = 8
const RETRY_MS = 500
/** Between two readings of all services: when one of them surely changed unseen, and when that may be. ms */
const UNSEEN_MS = 1_000
const PERHAPS_MS = 10_000

/**
 * Watches stamps of all services and reads those that changed; all, one after another, when something
 * changed that no stamp tells. One connection and a reading per change, however many services there are.
 */
export async function followStamps(
  { directory, stamps, picture, sight }: Parts,
  signal: AbortSignal,
): Promise<void> {
  const queue = readingQueue(signal)
  let known: ReadonlyMap<string, string> = new Map()
  let revision: number | undefined
  let readAllAt = 0
  let timer: NodeJS.Timeout | undefined

  function readAllSoon(gapMs: number): void {
    const waitMs = Math.max(0, readAllAt + gapMs - performance.now())
    clearTimeout(timer)
    timer = setTimeout(() => {
      readAllAt = performance.now()
      for (const service of known.keys()) queue.later(service)
    }, waitMs)
  }

  async function reader(): Promise<void> {
    for (let service = await queue.take(); service; service = await queue.take()) {
      try {
        picture.setInstances(service, await directory.instances(service))
        sight.ring()
      } catch (error) {
        if (signal.aborted) return
        log('warn', 'watcher.read-failed', { service, ...errorFields(error) })
        const again = service
        setTimeout(() => queue.now(again), RETRY_MS).unref()
      }
    }
  }

  function take(seen: ServiceStamps): void {
    const next = new Map([...seen.stamps].filter(([service]) => isCallable(service)))
    const changed = [...next].filter(([service, stamp]) => known.get(service) !== stamp)
    picture.setNames([...next.keys()])
    known = next
    for (const [service] of changed) queue.now(service)
    if (revision !== undefined && revision !== seen.revision) {
      readAllSoon(changed.length > 0 ? PERHAPS_MS : UNSEEN_MS)
    }
    revision = seen.revision
  }

  const readers = Array.from({ length: READERS }, reader)
  try {
    await sight.follow('services', stamps, take)
  } finally {
    clearTimeout(timer)
    queue.end()
    await Promise.all(readers)
  }
}

import { setTimeout as pause } from 'node:timers/promises'
import { forEachOf } from '#shared/domain/for-each.ts'
import { errorFields, log } from '#shared/log.ts'
import type { Announcer } from './announcer.ts'
import { isPassing } from './passing.ts'
import type { Picture } from './picture.ts'

type Parts = Readonly<{ announcer: Announcer; picture: Picture }>

const AT_ONCE = 16
/** Between two looks for changes, ms; and after a failure. */
const LOOK_MS = 50
const RETRY_MS = 1_000

/**
 * Announces what changes in the picture. At first it goes through all services, also those that went
 * away while nobody watched. What fails because something is away is tried until it is back.
 *
 * @throws `Conflict` as the announcer does
 */
export async function announceChanges(
  { announcer, picture }: Parts,
  signal: AbortSignal,
): Promise<void> {
  const left = new Set<string>()
  let begun = false

  async function announceLeft(): Promise<void> {
    if (!begun) for (const service of await announcer.services()) left.add(service)
    begun = true
    for (const service of picture.takeChanged()) left.add(service)
    await forEachOf([...left], AT_ONCE, async (service) => {
      if (signal.aborted) return
      // A change that comes meanwhile is one more.
      await announcer.announce(service, picture.instancesOf(service))
      left.delete(service)
    })
  }

  while (!signal.aborted) {
    await pause(LOOK_MS, undefined, { signal }).catch(() => undefined)
    // Of a service that was not read yet it can't be said that its instances are gone.
    if (signal.aborted || !picture.isComplete()) continue
    try {
      await announceLeft()
    } catch (error) {
      if (!isPassing(error)) throw error
      log('warn', 'watcher.not-announced', errorFields(error))
      await pause(RETRY_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

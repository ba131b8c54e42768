import type { AccessSnapshot } from '../domain/access.ts'
import { Failure } from '../errors.ts'
import type { AccessPublisher, AccessSnapshots } from '../ports/access-snapshots.ts'
import type { SnapshotPlace, TaggedSnapshot } from '../ports/snapshot-place.ts'
import { accessSnapshotPlace } from './access-snapshot-place.ts'
import { openDocumentPlace, placeScheme } from './document-place.ts'

/**
 * How old a held snapshot may be before a place is looked at again: beside the answer, and before it,
 * ms. A file's look costs less than a tenth of a millisecond, so it may be waited for and a change is
 * seen soon; an object's costs a round trip, which most answers need not wait for.
 */
const FRESHNESS = {
  'file:': { lookAgainMs: 250, waitAfterMs: 250 },
  's3:': { lookAgainMs: 2_000, waitAfterMs: 3_000 },
} as const
/** Past this it is not used any more, ms. */
const MAX_AGE_MS = 5_000

/**
 * Reads keys and sources from where `access` publishes them: `file:///path` or `s3://bucket/key`.
 *
 * @throws `Failure` `InvalidInput` for another scheme.
 */
export function openAccessSnapshots(url: string): AccessSnapshots {
  return freshSnapshots(openPlace(url), FRESHNESS[placeScheme(url)])
}

/** Publishes to where `openAccessSnapshots` reads. */
export function openAccessPublisher(url: string): AccessPublisher {
  const place = openPlace(url)
  return { publish: async (snapshot) => (await place).publish(snapshot) }
}

type Freshness = Readonly<{ lookAgainMs: number; waitAfterMs: number; nowMs?: () => number }>

/** Holds the snapshot of a place and looks again often enough that none is older than 5 s. */
export function freshSnapshots(
  opening: Promise<SnapshotPlace>,
  { lookAgainMs, waitAfterMs, nowMs = Date.now }: Freshness,
): AccessSnapshots {
  let held: (TaggedSnapshot & { seenAt: number }) | undefined
  let looking: Promise<void> | undefined
  // Handled where it is awaited; without this an early failure would end the process.
  opening.catch(() => undefined)

  async function look(): Promise<void> {
    // The age counts from before the read: what was read may be that old.
    const seenAt = nowMs()
    const found = await (await opening).read(held?.tag)
    if (found) held = { ...found, seenAt }
    else if (held) held = { ...held, seenAt }
  }

  function lookOnce(): Promise<void> {
    looking ??= look().finally(() => {
      looking = undefined
    })
    return looking
  }

  /** The held snapshot unless it is older than `maxAgeMs`; a clock put back makes it old. */
  function within(maxAgeMs: number): AccessSnapshot | undefined {
    const age = held ? nowMs() - held.seenAt : Number.POSITIVE_INFINITY
    return age >= 0 && age <= maxAgeMs ? held?.snapshot : undefined
  }

  return {
    async current() {
      const fresh = within(lookAgainMs)
      if (fresh) return fresh
      const looked = lookOnce()
      const usable = within(waitAfterMs)
      if (usable) {
        // Whoever comes when waiting is due meets the failure.
        looked.catch(() => undefined)
        return usable
      }
      const failure = await looked.then(
        () => undefined,
        (error: unknown) => error,
      )
      const last = within(MAX_AGE_MS)
      if (last) return last
      throw new Failure('Unavailable', 'Keys cannot be checked now.', { cause: failure })
    },
  }
}

async function openPlace(url: string): Promise<SnapshotPlace> {
  const folder = new URL('.', url).href
  const place = await openDocumentPlace(folder, { durable: true })
  return accessSnapshotPlace(place, url.slice(url.lastIndexOf('/') + 1))
}

import { parseSnapshot } from '../domain/access-snapshot.ts'
import { Failure } from '../errors.ts'
import type { DocumentPlace } from '../ports/document-place.ts'
import type { SnapshotPlace } from '../ports/snapshot-place.ts'

/** Keeps the snapshot of keys and sources as a document; an older one never replaces a newer. */
export function accessSnapshotPlace(place: DocumentPlace, name: string): SnapshotPlace {
  return {
    async read(tag) {
      const found = await place.read(name, tag).catch((cause) => {
        const what = isMissing(cause) ? 'is not there' : 'could not be read'
        throw new Failure('Unavailable', `the access snapshot ${what}`, { cause })
      })
      if (!found) return undefined
      const snapshot = parseSnapshot(found.text)
      if (!snapshot) throw new Failure('Unavailable', 'the access snapshot is not readable')
      return { tag: found.tag, snapshot }
    },

    async publish(snapshot) {
      try {
        const current = await place.read(name).catch(noneIfMissing)
        const published = current && parseSnapshot(current.text)
        if (published && published.version > snapshot.version) return
        // The condition keeps a publisher that was held up from overwriting a newer snapshot.
        await place.replace(name, JSON.stringify(snapshot), current?.tag)
      } catch (cause) {
        throw new Failure('Unavailable', 'the access snapshot could not be written', { cause })
      }
    },
  }
}

const isMissing = (error: unknown) => (error as Partial<Failure>).kind === 'NotFound'

function noneIfMissing(error: unknown): undefined {
  if (!isMissing(error)) throw error
}

import type { AccessSnapshot } from '../domain/access.ts'
import type { AccessPublisher } from './access-snapshots.ts'

/** A snapshot as it was read, with the tag that tells whether the place holds another by now. */
export type TaggedSnapshot = Readonly<{ tag: string; snapshot: AccessSnapshot }>

/** Where the snapshot lies between the one who publishes and those who read. */
export interface SnapshotPlace extends AccessPublisher {
  /**
   * What lies there; undefined when that is still what `tag` names.
   *
   * @throws `Unavailable`, also while nothing was published yet.
   */
  read(tag: string | undefined): Promise<TaggedSnapshot | undefined>
}

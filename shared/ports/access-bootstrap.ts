import type { KeyEntry } from '../domain/access.ts'

/** A key that someone made and kept: of it, only the digest is told. */
export type FirstKey = Pick<KeyEntry, 'id' | 'digest' | 'name'>

/** How a system gets the key with which all others are made. */
export interface AccessBootstrap {
  /**
   * Makes the given key the first one, with every role, where there is none at all, and publishes
   * the snapshot in any case. Safe to repeat.
   *
   * @returns `made` when the given key is there, now or from an earlier try; `exists` when there are
   *   others; `none` when there is no key, since none was given.
   * @throws `Unavailable`
   */
  admit(first: FirstKey | undefined, at: Date): Promise<'made' | 'exists' | 'none'>

  /** What `admit` would answer. Changes nothing. @throws `Unavailable` */
  preview(first: FirstKey | undefined): Promise<'made' | 'exists' | 'none'>
}

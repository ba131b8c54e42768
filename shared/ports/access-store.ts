import type { KeyEntry, SourceSettings } from '../domain/access.ts'
import type { Page, PageRequest } from '../domain/page.ts'
import type { Change } from './access-rights.ts'

/** A key as people see it. Times are RFC 3339 UTC with milliseconds. */
export type KeySummary = Readonly<{
  id: string
  name: string
  roles: KeyEntry['roles']
  created_at: string
  expires_at: string | null
}>

/** A signing secret: sealed, and by a fingerprint that tells two apart and gives neither away. */
export type SealedSecret = Readonly<{ sealed: string; fingerprint: string }>

/** What a source's secrets become. */
export type SecretChange =
  | Readonly<{ type: 'keep' }>
  | Readonly<{ type: 'replace'; secrets: readonly SealedSecret[] }>
  /** The newest joins; of those before, the newest stays. */
  | Readonly<{ type: 'add'; secret: SealedSecret }>

/** A source as it is kept, its secrets shown by fingerprint, newest first. */
export type KeptSource = Omit<SourceSettings, 'sealedSecrets'> &
  Readonly<{
    secrets: readonly Readonly<{ fingerprint: string; created_at: string }>[]
    created_at: string
    updated_at: string
  }>

export type AddKeyOutcome =
  | Readonly<{ type: 'added'; key: KeySummary }>
  /** Roles that there are not: no key was made. */
  | Readonly<{ type: 'unknown-roles'; roles: readonly string[] }>
  | Readonly<{ type: 'full'; room: string }>

/** The truth about keys and sources. Every change makes a new snapshot due. */
export interface AccessStore {
  /** By id. @throws `InvalidInput` for a cursor that is not ours. */
  listKeys(page: PageRequest): Promise<Page<KeySummary>>

  /** Stands in the audit trail, as removing does: both or neither. */
  addKey(entry: KeyEntry, change: Change): Promise<AddKeyOutcome>

  /** Nothing is removed that would leave no unexpired key with the role `admin`. */
  removeKey(id: string, change: Change): Promise<'removed' | 'unknown' | 'last-admin'>

  /** By name. @throws `InvalidInput` for a cursor that is not ours. */
  listSources(page: PageRequest): Promise<Page<KeptSource>>

  findSource(name: string): Promise<KeptSource | undefined>

  /** Makes a source, or replaces all of its settings but the secrets, which `secrets` changes. */
  putSource(
    settings: Omit<SourceSettings, 'sealedSecrets'>,
    secrets: SecretChange,
    at: Date,
  ): Promise<Readonly<{ source: KeptSource; created: boolean }>>

  removeSource(name: string): Promise<boolean>
}

/** Brings the store's newest snapshot to those who read it. */
export interface AccessPublication {
  /**
   * Publishes the newest snapshot unless that was done; `again` publishes it in any case, which mends
   * a place that lost it. Safe to run side by side: an older one never overwrites a newer.
   *
   * @throws `Unavailable`; the snapshot stays due.
   */
  publish(options?: { again?: boolean }): Promise<void>
}

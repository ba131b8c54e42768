import type { CertificateEntry } from '../domain/access-certificates.ts'
import type { Issuer } from '../domain/access-issuers.ts'
import type { OwnRole } from '../domain/access-roles.ts'
import type { Author } from '../domain/audit-trail.ts'
import type { Page, PageRequest } from '../domain/page.ts'

/** Who makes a change, and when: it goes into the audit trail with it. */
export type Change = Readonly<{ by: Author; at: Date }>

/** An entry as it is kept. Times are RFC 3339 UTC with milliseconds. */
export type KeptEntry<T> = Readonly<{ entry: T; created_at: string; updated_at: string }>

export type PutOutcome<T> =
  | Readonly<{ type: 'put'; kept: KeptEntry<T>; created: boolean }>
  /** Roles that there are not: nothing was changed. */
  | Readonly<{ type: 'unknown-roles'; roles: readonly string[] }>
  /** Another entry is about the same already. */
  | Readonly<{ type: 'taken'; by: string }>
  /** Everybody who authenticates holds all of them, so there is an end to how many. */
  | Readonly<{ type: 'full'; room: string }>

export type RemoveOutcome =
  | Readonly<{ type: 'removed' | 'unknown' }>
  /** Keys, issuers and certificates that hold the role, as `key 0a1b`. */
  | Readonly<{ type: 'in-use'; by: readonly string[] }>

/**
 * Entries of one kind by name. Every change makes a new snapshot due and stands in the audit trail, both
 * or neither; putting what is there already is no change.
 */
export interface NamedEntries<T> {
  /** By name. @throws `InvalidInput` for a cursor that is not ours. */
  list(page: PageRequest): Promise<Page<KeptEntry<T>>>
  find(name: string): Promise<KeptEntry<T> | undefined>
  put(entry: T, change: Change): Promise<PutOutcome<T>>
  remove(name: string, change: Change): Promise<RemoveOutcome>
}

/** What operators say about who may do what, beside keys. */
export interface AccessRights {
  readonly roles: NamedEntries<OwnRole>
  readonly issuers: NamedEntries<Issuer>
  readonly certificates: NamedEntries<CertificateEntry>
}

/** Brings the audit trail to the event log. */
export interface AuditOutbox {
  /**
   * Appends what is not on the log yet, in order. Safe to run side by side; cut short, an entry may come
   * twice, with the same id, which counts once.
   *
   * @returns how many entries
   * @throws `Unavailable`; they stay due
   */
  drain(): Promise<number>
}

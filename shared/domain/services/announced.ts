import type { AnnouncedInstance } from './announced-instance.ts'
import type { InstanceChange } from './instance-change.ts'

/** Changes on their way to the log: written down first, so that after a crash the same are sent again. */
export type Announcement = Readonly<{
  /** A UUID; its events' ids are made of it. */
  id: string
  /** When the changes were seen, microseconds since the epoch. */
  at: number
  changes: readonly InstanceChange[]
}>

/** What the log knows of a service's instances, by id, and what is on its way to it. */
export type Announced = Readonly<{
  /** The largest lock token that announced: who has a smaller one sees what was long ago. */
  token: number
  instances: Readonly<Record<string, AnnouncedInstance>>
  pending?: Announcement
}>

/** What is announced of a service that nobody knew. */
export const NOTHING_ANNOUNCED: Announced = { token: 0, instances: {} }

/** Where a service's `Announced` lies in the key-value store. */
export const ANNOUNCED_PREFIX = 'announced/'
export const announcedKey = (service: string) => ANNOUNCED_PREFIX + service

/** What is announced once the pending changes have reached the log. */
export function settled({ token, instances, pending }: Announced): Announced {
  const next = new Map(Object.entries(instances))
  for (const { id, after } of pending?.changes ?? []) {
    if (after) next.set(id, after)
    else next.delete(id)
  }
  return { token, instances: Object.fromEntries(next) }
}

/** Reads what its key holds; undefined for text that is none. */
export function parseAnnounced(text: string): Announced | undefined {
  let value: Partial<Announced> | null
  try {
    value = JSON.parse(text) as Partial<Announced> | null
  } catch {
    // Not JSON is one of the ways to be none; the caller says so.
    return undefined
  }
  const isAnnounced = typeof value?.instances === 'object' && typeof value.token === 'number'
  return isAnnounced ? (value as Announced) : undefined
}

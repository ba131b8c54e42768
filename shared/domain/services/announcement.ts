import { ownEvent } from '../events/own-event.ts'
import { uuidV8Of } from '../events/uuid.ts'
import { type Announced, type Announcement, settled } from './announced.ts'
import type { InstanceChange } from './instance-change.ts'

/** Pending changes lie beside what is announced, under a key of 512 KiB. */
const MOST_CHANGES = 100
const MOST_CHARACTERS = 100_000

/** The first changes that one announcement takes: at least one. */
export function firstChanges(changes: readonly InstanceChange[]): readonly InstanceChange[] {
  let characters = 0
  const end = changes.findIndex((change, nr) => {
    characters += JSON.stringify(change).length
    return nr > 0 && (nr >= MOST_CHANGES || characters > MOST_CHARACTERS)
  })
  return end < 0 ? changes : changes.slice(0, end)
}

/** An announcement's records for the log: the same ones, byte for byte, whenever they are made. */
export function recordsOf(service: string, { id, at, changes }: Announcement) {
  return changes.flatMap(({ id: instance, events }) =>
    events.map(({ type, data }) =>
      ownEvent({
        id: uuidV8Of(`${id}/${instance}/${type}`),
        source: 'service-watcher',
        type,
        at,
        data: { service, ...data },
        // Events of one service keep their order.
        attributes: { subject: `${service}/${instance}`, partitionkey: service },
      }),
    ),
  )
}

/** What is written before the changes go to the log; undefined when nothing is left to announce. */
export function announce(
  announced: Announced,
  changes: readonly InstanceChange[],
  { id, at, token }: Pick<Announcement, 'id' | 'at'> & Pick<Announced, 'token'>,
): Announced | undefined {
  if (changes.length === 0) return undefined
  return { ...settled(announced), token, pending: { id, at, changes: firstChanges(changes) } }
}

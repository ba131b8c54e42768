import type { ListedInstance } from '#shared/domain/discovery/instance.ts'
import {
  ANNOUNCED_PREFIX,
  type Announced,
  announcedKey,
  NOTHING_ANNOUNCED,
  parseAnnounced,
  settled,
} from '#shared/domain/services/announced.ts'
import { announce, recordsOf } from '#shared/domain/services/announcement.ts'
import { changesOf } from '#shared/domain/services/changes.ts'
import { Failure } from '#shared/errors.ts'
import type { EventLog } from '#shared/ports/event-log.ts'
import type { KeyValue, KeyValueEntry } from '#shared/ports/key-value.ts'

export type AnnouncerParts = Readonly<{
  keyValue: Pick<KeyValue, 'get' | 'list' | 'create' | 'replace' | 'remove'>
  eventLog: Pick<EventLog, 'append'>
  redact: (text: string) => string
  newId: () => string
  now: () => Date
  /** Of the lock that is held. */
  token: number
}>

/** Tells the log what happened to services. */
export type Announcer = Readonly<{
  /** The services that something was announced of. */
  services(): Promise<readonly string[]>
  /**
   * Tells the log what happened to a service's instances since it was told last. Each change is one event,
   * however often this fails or is cut off, and whoever does it beside: changes are written down before
   * they go to the log, and ticked off after it took them.
   *
   * @throws `Conflict` when a holder of a larger token has announced
   */
  announce(service: string, current: readonly ListedInstance[]): Promise<void>
}>

export function announcer({ keyValue, eventLog, redact, ...parts }: AnnouncerParts): Announcer {
  const { newId, now, token } = parts
  /** As read last; whatever a write did to it, it is read again after. */
  const known = new Map<string, KeyValueEntry>()

  /** Writes where nobody else did since; whether or not, what was known is old. */
  async function write(key: string, value: Announced, entry: KeyValueEntry | undefined) {
    known.delete(key)
    const isEmpty = Object.keys(value.instances).length === 0 && !value.pending
    if (!entry) return keyValue.create(key, JSON.stringify(value))
    if (isEmpty) return keyValue.remove(key, entry.version)
    return keyValue.replace(key, JSON.stringify(value), entry.version)
  }

  return {
    async services() {
      known.clear()
      for (const entry of await keyValue.list(ANNOUNCED_PREFIX)) known.set(entry.key, entry)
      return [...known.keys()].map((key) => key.slice(ANNOUNCED_PREFIX.length))
    },

    async announce(service, current) {
      const key = announcedKey(service)
      for (;;) {
        const entry = known.get(key) ?? (await keyValue.get(key))
        const announced = entry ? read(entry) : NOTHING_ANNOUNCED
        if (announced.token > token) {
          throw new Failure('Conflict', `${service} is announced by another, later one`)
        }
        // What another one wrote down may not have reached the log; what did, it takes once.
        if (announced.pending) await eventLog.append(recordsOf(service, announced.pending))
        const changes = changesOf(settled(announced), current, redact)
        const at = { id: newId(), at: now().getTime() * 1_000, token }
        const next = announce(announced, changes, at)
        if (next) {
          await write(key, next, entry).catch(async (error) => {
            // What has reached the log is ticked off all the same, or it would be sent again and again.
            if (isTooLarge(error) && entry) await write(key, settled(announced), entry)
            throw error
          })
        } else if (announced.pending) await write(key, settled(announced), entry)
        else {
          if (entry) known.set(key, entry)
          return
        }
      }
    },
  }
}

const isTooLarge = (error: unknown) => error instanceof Failure && error.kind === 'TooLarge'

function read({ key, value }: KeyValueEntry): Announced {
  const announced = parseAnnounced(value)
  // Going by nothing would announce all of it once more.
  if (!announced) throw new Failure('InvalidInput', `${key} holds no announced instances`)
  return announced
}

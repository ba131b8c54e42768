import type { Health, ListedInstance } from '../discovery/instance.ts'
import type { Announced } from './announced.ts'
import { type AnnouncedInstance, announcedInstance } from './announced-instance.ts'
import type { InstanceChange, InstanceEvent } from './instance-change.ts'

/** What a check says may be a page long. */
const LONGEST_REASON = 200

/**
 * What happened to a service's instances since what was announced of them. What came and went between
 * two looks is not seen; of a health that flipped, where it ended. An instance that registers has two events:
 * that it is there, and how it is.
 *
 * @param redact takes secrets out of what checks say
 */
export function changesOf(
  { instances: before }: Announced,
  current: readonly ListedInstance[],
  redact: (text: string) => string,
): readonly InstanceChange[] {
  const known = new Map(Object.entries(before))
  const found = current.flatMap((instance) => {
    const previous = known.get(instance.id)
    known.delete(instance.id)
    const after = announcedInstance(instance)
    const events = eventsBetween(previous, after, instance, redact)
    return events.length > 0 ? [{ id: instance.id, after, events }] : []
  })
  return [...[...known].map(([id, previous]) => gone(id, previous)), ...found]
}

function gone(id: string, [health, version]: AnnouncedInstance): InstanceChange {
  const data = { instance: id, version, previous_health: health }
  return { id, events: [{ type: 'services.lifecycle.deregistered', data }] }
}

function eventsBetween(
  previous: AnnouncedInstance | undefined,
  after: AnnouncedInstance,
  instance: ListedInstance,
  redact: (text: string) => string,
): InstanceEvent[] {
  const [health, version, rest] = after
  const [healthBefore, versionBefore, restBefore] = previous ?? []
  const { id, address, port, protocol, capabilities } = instance
  const said = { instance: id, version, address, port, protocol, capabilities }
  const events: InstanceEvent[] = []
  if (!previous) events.push({ type: 'services.lifecycle.registered', data: said })
  else if (version !== versionBefore || rest !== restBefore) {
    const data = { ...said, previous_version: versionBefore }
    events.push({ type: 'services.lifecycle.changed', data })
  }
  if (health === healthBefore) return events
  const data = {
    ...{ instance: id, version, address, port, health },
    ...(healthBefore === undefined ? {} : { previous_health: healthBefore }),
    reason: redact(instance.reason.slice(0, LONGEST_REASON).toWellFormed()),
  }
  if (healthBefore === 'maintenance') {
    events.push({ type: 'services.lifecycle.maintenance_ended', data })
  }
  events.push({ type: typeOf(health), data })
  return events
}

function typeOf(health: Health): InstanceEvent['type'] {
  return health === 'maintenance'
    ? 'services.lifecycle.maintenance_started'
    : `services.health.${health}`
}

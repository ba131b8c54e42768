import type { AnnouncedInstance } from './announced-instance.ts'

/** One thing that happened to an instance, as its event tells it. */
export type InstanceEvent = Readonly<{
  type:
    | `services.lifecycle.${'registered' | 'changed' | 'deregistered'}`
    | `services.lifecycle.${'maintenance_started' | 'maintenance_ended'}`
    | `services.health.${'passing' | 'warning' | 'critical'}`
  data: Readonly<Record<string, unknown>>
}>

/** All that happened to an instance between two looks, in order. */
export type InstanceChange = Readonly<{
  /** The instance's. */
  id: string
  /** As it is announced from now on; left out: it is gone. */
  after?: AnnouncedInstance
  events: readonly InstanceEvent[]
}>

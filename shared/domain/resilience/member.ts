import type { ListedInstance } from '../discovery/instance.ts'
import type { Circuit } from './circuit.ts'
import { type EjectionRecord, newEjectionRecord } from './ejection.ts'
import { type Load, newLoad } from './load.ts'
import { hash32 } from './rendezvous.ts'

/** What this process knows of one instance. */
export type Member = {
  instance: ListedInstance
  /** Of its id. */
  readonly hash: number
  /** Undefined until a call or another environment gives reason for one: it is closed. */
  circuit: Circuit | undefined
  readonly load: Load
  readonly ejection: EjectionRecord
}

export const newMember = (instance: ListedInstance): Member => ({
  instance,
  hash: hash32(instance.id),
  circuit: undefined,
  load: newLoad(),
  ejection: newEjectionRecord(),
})

/** Whether it is the same process at the same place: what was learned of another one says nothing. */
export const isSamePlace = (one: ListedInstance, other: ListedInstance): boolean =>
  one.address === other.address && one.port === other.port && one.version === other.version

/** Where an instance says it is. */
export const zoneOf = ({ meta }: ListedInstance): string | undefined => meta.zone

/** Whether calls may go to it, as the directory has it. */
export const isWell = ({ instance: { health } }: Member): boolean =>
  health === 'passing' || health === 'warning'

export const isClosed = ({ circuit }: Member): boolean =>
  circuit === undefined || circuit.state.state === 'closed'

import type { ListedInstance } from '../discovery/instance.ts'
import { type Member, zoneOf } from './member.ts'
import { localShare } from './zone.ts'

/** How old a count of able instances may be, ms. */
const COUNT_FOR_MS = 250

/** The instances that would do for a kind of call. */
export type Pool = Readonly<{
  members: readonly Member[]
  has(member: Member): boolean
  /** Those in a zone, those elsewhere, and the share of calls that is to stay. */
  inZone(zone: string, isAble: (member: Member) => boolean, nowMs: number): ZonedPool
}>

export type ZonedPool = Readonly<{
  local: readonly Member[]
  elsewhere: readonly Member[]
  share: number
}>

/** Groups members once; of zones the one asked for last, as a process is in one zone. */
export function poolOf(members: readonly Member[]): Pool {
  let set: ReadonlySet<Member> | undefined
  let zoned: (ZonedPool & Readonly<{ zone: string; zones: number; countedAt: number }>) | undefined

  function divide(zone: string) {
    const zones = new Set(members.map(({ instance }) => zoneOf(instance))).size
    const { local = [], elsewhere = [] } = Object.groupBy(members, ({ instance }) =>
      zoneOf(instance) === zone ? 'local' : 'elsewhere',
    )
    return { zone, zones, local, elsewhere, share: 0, countedAt: Number.NEGATIVE_INFINITY }
  }

  return {
    members,
    has(member) {
      set ??= new Set(members)
      return set.has(member)
    },
    inZone(zone, isAble, nowMs) {
      if (zoned?.zone !== zone) zoned = divide(zone)
      if (Math.abs(nowMs - zoned.countedAt) >= COUNT_FOR_MS) {
        const { local, zones } = zoned
        const able = local.filter(isAble).length
        const share = localShare({ local: local.length, able, all: members.length, zones })
        zoned = { ...zoned, share, countedAt: nowMs }
      }
      return zoned
    },
  }
}

/** The members that stand for instances; of those without one nothing is known. */
export const membersOf = (
  instances: readonly ListedInstance[],
  known: ReadonlyMap<string, Member>,
): readonly Member[] => instances.flatMap(({ id }) => known.get(id) ?? [])

/**
 * A zone that is short of so much still carries all of its own: the others have some room
 * (Envoy's overprovisioning factor of 1.4).
 */
const ROOM = 1.4

export type ZoneCount = Readonly<{
  /** Instances in the caller's zone, and those of them that can take calls. */
  local: number
  able: number
  /** Instances in all zones, and how many zones there are. */
  all: number
  zones: number
}>

/**
 * The share of calls that stay in the caller's zone, 0..1: all, as long as it has nearly as many able
 * instances as it should have, and as a zone has on average; fewer in proportion.
 */
export function localShare({ local, able, all, zones }: ZoneCount): number {
  const fair = Math.max(local, all / Math.max(1, zones))
  return fair === 0 ? 0 : Math.min(1, (ROOM * able) / fair)
}

/** Faults of so many instances are of the service, however many it has. */
const ENOUGH = 5

/**
 * Tells faults of a service from those of one of its instances: when one is killed, all calls that are
 * under way there fail in a row, while the service is well.
 */
export type Widespread = Readonly<{
  add(instance: string, nowMs: number): void
  /** Forgets faults before a success. */
  clear(): void
  /** Whether faults of the last while came from most of so many instances. */
  is(instances: number, windowMs: number, nowMs: number): boolean
}>

export function widespread(): Widespread {
  const lastFaultAt = new Map<string, number>()
  return {
    add(instance, nowMs) {
      lastFaultAt.delete(instance)
      lastFaultAt.set(instance, nowMs)
      const [oldest] = lastFaultAt.keys()
      if (lastFaultAt.size > ENOUGH && oldest !== undefined) lastFaultAt.delete(oldest)
    },
    clear: () => lastFaultAt.clear(),
    is(instances, windowMs, nowMs) {
      const recent = [...lastFaultAt.values()].filter((at) => nowMs - at < windowMs).length
      return recent >= Math.min(ENOUGH, Math.floor(instances / 2) + 1)
    },
  }
}

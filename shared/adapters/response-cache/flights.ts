import { LRUCache } from 'lru-cache'
import type { Flight } from '../../ports/response-cache.ts'

/** Questions under way, one for all who ask the same. */
export type Flights = Readonly<{
  /** @param own a key for this caller alone, where what is asked turned out to be personal. */
  join(key: string, own: string, nowMs: number): Flight
  /** An answer for one caller alone came of the key: from now on callers do not wait for each other. */
  notePersonal(key: string): void
  noteShared(key: string): void
}>

/** A leader that has not landed by then is not waited for any more. */
const LONGEST_FLIGHT_MS = 30_000
const MOST_FLIGHTS = 10_000
/** How long callers ask each by themselves after an answer that was not for the cache (hit-for-miss). */
const ALONE_MS = 30_000

/** Nobody waits for it, and it waits for nobody. */
export const alone: Flight = { leads: true, land: () => undefined }

/** @param perf a monotonic clock, ms. */
export function flights(perf: { now(): number }): Flights {
  const under = new Map<string, { since: number; landed: Promise<void>; land: () => void }>()
  const notes = new LRUCache<string, 'alone' | 'personal'>({
    max: MOST_FLIGHTS,
    ttl: ALONE_MS,
    ttlResolution: 0,
    perf,
  })

  function lead(key: string, nowMs: number): Flight {
    const { promise, resolve } = Promise.withResolvers<void>()
    const flight = { since: nowMs, landed: promise, land: resolve }
    under.set(key, flight)
    return {
      leads: true,
      land(outcome) {
        if (outcome === 'not-stored') notes.set(key, 'alone')
        if (under.get(key) === flight) under.delete(key)
        flight.land()
      },
    }
  }

  return {
    join(shared, own, nowMs) {
      const key = notes.get(shared) === 'personal' ? own : shared
      if (notes.get(key) === 'alone') return alone
      const flight = under.get(key)
      if (flight && nowMs - flight.since < LONGEST_FLIGHT_MS) {
        return { leads: false, landed: flight.landed }
      }
      flight?.land()
      return under.size < MOST_FLIGHTS || flight ? lead(key, nowMs) : alone
    },
    notePersonal: (key) => void notes.set(key, 'personal'),
    noteShared: (key) => void notes.delete(key),
  }
}

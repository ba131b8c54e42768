import type { Verdict } from './verdict.ts'

/** How often instances are compared, ms. */
export const COMPARE_EVERY_MS = 10_000
/** Faults in a row that eject, where the breaker goes by another model. */
const FAULTS_IN_A_ROW = 5
/** Calls of an instance and of the others together that make a comparison worth it. */
const LEAST_CALLS = 20
/** How much greater its share of faults must be at least, and in standard errors. */
const LEAST_DIFFERENCE = 0.2
const LEAST_SCORE = 3
const FIRST_MS = 10_000
const LONGEST_MS = 300_000
/** At most this share of a service's instances is ejected, but one of two may be. */
const MOST_SHARE = 1 / 3

/** What one instance's calls said of it, and whether it is left out for that. */
export type EjectionRecord = {
  /** Weighted: older ones by half with each comparison. */
  calls: number
  faults: number
  faultsInARow: number
  /** ms since the epoch; 0: it is not ejected. */
  until: number
  /** Ejections that it has not made good for yet. */
  ejections: number
}

export const newEjectionRecord = (): EjectionRecord => ({
  ...{ calls: 0, faults: 0, faultsInARow: 0 },
  ...{ until: 0, ejections: 0 },
})

export const isEjected = ({ until }: EjectionRecord, nowMs: number): boolean => until > nowMs

/** Leaves an instance out no longer. */
export function pardon(record: EjectionRecord): void {
  Object.assign(record, newEjectionRecord())
}

/** Counts how a call ended; answers whether the instance has failed too often in a row. */
export function recordVerdict(record: EjectionRecord, verdict: Verdict): boolean {
  if (verdict === 'abandoned') return false
  record.calls += 1
  if (verdict === 'fault') record.faults += 1
  record.faultsInARow = verdict === 'fault' ? record.faultsInARow + 1 : 0
  return record.faultsInARow >= FAULTS_IN_A_ROW
}

/** How many of so many instances may be left out at once: never the last one. */
export const mostEjected = (instances: number): number =>
  instances < 2 ? 0 : Math.max(1, Math.floor(instances * MOST_SHARE))

/** Leaves an instance out if the ceiling allows: twice as long as last time. */
export function eject(
  record: EjectionRecord,
  all: readonly EjectionRecord[],
  nowMs: number,
): boolean {
  const ejected = all.filter((other) => isEjected(other, nowMs)).length
  if (isEjected(record, nowMs) || ejected >= mostEjected(all.length)) return false
  record.until = nowMs + Math.min(LONGEST_MS, FIRST_MS * 2 ** record.ejections)
  record.ejections += 1
  record.calls = record.faults = record.faultsInARow = 0
  return true
}

/**
 * Compares instances with each other and leaves out those whose share of faults is greater than that of
 * the others beyond chance (two-proportion z-test). Where all fail alike nobody is left out.
 */
export function compareInstances(records: readonly EjectionRecord[], nowMs: number): void {
  const calls = records.reduce((sum, record) => sum + record.calls, 0)
  const faults = records.reduce((sum, record) => sum + record.faults, 0)
  const worstFirst = records
    .filter((record) => isWorse(record, calls - record.calls, faults - record.faults))
    .sort((a, b) => b.faults / b.calls - a.faults / a.calls)
  for (const record of records) forget(record, nowMs)
  for (const record of worstFirst) eject(record, records, nowMs)
}

function isWorse(record: EjectionRecord, othersCalls: number, othersFaults: number): boolean {
  if (record.calls < LEAST_CALLS || othersCalls < LEAST_CALLS) return false
  const difference = record.faults / record.calls - othersFaults / othersCalls
  if (difference < LEAST_DIFFERENCE) return false
  const share = (record.faults + othersFaults) / (record.calls + othersCalls)
  const error = Math.sqrt(share * (1 - share) * (1 / record.calls + 1 / othersCalls))
  return difference > LEAST_SCORE * error
}

function forget(record: EjectionRecord, nowMs: number): void {
  const hasDoneWell = record.calls >= 1 && !isEjected(record, nowMs)
  if (hasDoneWell && record.ejections > 0) record.ejections -= 1
  record.calls /= 2
  record.faults /= 2
}

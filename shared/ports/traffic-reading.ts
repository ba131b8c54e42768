import type { Arm } from '../domain/traffic/sequential-test.ts'
import type { LearnedShape } from '../domain/traffic/shape.ts'

/** Calls of one operation of one version. Times in ms. */
export type VersionTraffic = Readonly<{
  operation: string
  version: string
  calls: number
  failures: number
  p50Ms: number
  p95Ms: number
  /** What its answers looked like; empty where none was kept. */
  shape: LearnedShape
}>

/** A canary's trial as it stands. */
export type TrialReading = Readonly<{
  revision: number
  canary: Arm
  baseline: Arm
  state: string
  why: string
}>

/** What calls have taught, for people. */
export interface TrafficReading {
  /** Calls of a service in the last 30 days, by operation and version. @throws `Unavailable` */
  versions(service: string): Promise<readonly VersionTraffic[]>
  /** Its newest trial; undefined where there was none. @throws `Unavailable` */
  newestTrial(service: string): Promise<TrialReading | undefined>
}

import type { LearnedOperation } from '../domain/catalog/learned-operation.ts'
import type { HealthChange, ObservedCall } from '../domain/traffic/observed-call.ts'
import type { Arm } from '../domain/traffic/sequential-test.ts'
import type { Verdict } from '../domain/traffic/trial.ts'

/** A call as it is counted, and on which side of a canary's trial. */
export type CountedCall = ObservedCall & Readonly<{ arm?: 'canary' | 'baseline' | undefined }>

/** A canary's trial that has ended. */
export type Trial = Readonly<{ service: string; revision: number; why: string }>

/** What calls have taught, in the database. All calls throw `Unavailable` when it is away. */
export interface Traffic {
  /**
   * Counts calls, and changes of health, in one transaction; each identity once.
   *
   * @returns services of which something new was counted.
   */
  take(
    calls: readonly CountedCall[],
    changes: readonly HealthChange[],
    now: Date,
  ): Promise<readonly string[]>

  /** Both sides of a trial, and its verdict where there is one that stands. */
  trial(
    service: string,
    revision: number,
  ): Promise<Readonly<{ canary: Arm; baseline: Arm; verdict: Verdict | undefined }>>

  /** Keeps a verdict. */
  decide(service: string, revision: number, verdict: Verdict, now: Date): Promise<void>

  /** Trials of a bad end that nobody has been told of yet. */
  unannounced(): Promise<readonly Trial[]>

  /** Notes that a trial's end was told. */
  announce(trial: Trial): Promise<void>

  /**
   * Services that were called since what is known of them was last given away, and whose turn it is:
   * each at most once per `everyMs`, whoever asks.
   */
  due(everyMs: number, now: Date): Promise<readonly string[]>

  /** What the last hours taught of a service's operations. */
  learned(service: string, now: Date): Promise<readonly LearnedOperation[]>

  /** Forgets what is too old to teach. @returns how many rows. */
  forget(now: Date): Promise<number>
}

import type { ListedInstance } from '../discovery/instance.ts'
import type { Verdict } from './verdict.ts'

/** What a call wants of the choice. */
export type ChoiceWish = Readonly<{
  /** ms since the epoch */
  nowMs: number
  /**
   * The instances that would do, of the version that was decided; left out: all of the service. Those
   * that are critical or in maintenance are passed over. Hand the same array over as long as the
   * catalog's entry is the same: what was found out about it is kept by its identity.
   */
  candidates?: readonly ListedInstance[]
  /** Where the caller is: instances whose meta has this `zone` come first. */
  zone?: string
  /**
   * Where rules have the stickiness `session`, calls of one session go to one instance as long as it is
   * there and not overloaded.
   */
  session?: string
  /** Whether the request can be done again elsewhere: such ones try instances that were broken. */
  repeatable?: boolean
  /** Instances that this request tried already, by id. */
  exclude?: ReadonlySet<string>
}>

/** How a call ended. */
export type Ended = Readonly<{
  nowMs: number
  /** To the answer's head. */
  latencyMs: number
  verdict: Verdict
}>

/** An instance that the call may go to now, or why there is none. */
export type Choice =
  | Readonly<{
      type: 'chosen'
      instance: ListedInstance
      /** What decided, in a few words. */
      why: string
      /** Must be called once, however the call ends; a second time does nothing. */
      ended(result: Ended): void
    }>
  | Readonly<{
      type: 'refused'
      /** `excluded`: what there is was tried already. */
      refusal: 'no-instance' | 'circuit-open' | 'excluded'
      /** When asking again can help; 0 where nobody knows. ms */
      retryAfterMs: number
      why: string
    }>

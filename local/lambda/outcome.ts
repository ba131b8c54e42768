import type { Body } from './wire.ts'

/** How an invocation went. */
export type Outcome =
  | Readonly<{ type: 'answer'; status: number; headers: readonly string[]; body: Body }>
  | Readonly<{ type: 'result'; value: unknown }>
  /** A stream that was written to its end. */
  | Readonly<{ type: 'end' }>
  /** The handler threw. */
  | Readonly<{ type: 'error'; errorType: string; message: string }>
  /** It took longer than it may. */
  | Readonly<{ type: 'timeout' }>
  /** Its environment ended under it; `loaded` is false where the function can't even be loaded. */
  | Readonly<{ type: 'crash'; message: string; loaded: boolean }>
  /** So many of its kind run that it may not. */
  | Readonly<{ type: 'throttled' }>
  /** It could not be asked, or there is no such function: nothing is known to have run. */
  | Readonly<{ type: 'unreachable'; message: string }>

/** Who waits for an invocation. */
export type Waiter = {
  settle(outcome: Outcome): void
  /** Only for answers that are streamed. */
  head?(status: number, headers: readonly string[]): void
  chunk?(bytes: Uint8Array): void
}

import type { Call } from '../domain/calls/call.ts'
import type { CaptureRules } from '../domain/calls/capture-rules.ts'

/** Takes note of calls beside their way: never waits, never throws. */
export interface CallCapture {
  /** Takes a call; whether there was room for it. */
  take(call: Call, rules: CaptureRules): boolean
  /** Calls that were not kept since the start, for want of room or of a log. */
  readonly dropped: number
  /** Resolves when what was taken is on the log, or given up. */
  flush(): Promise<void>
  close(): Promise<void>
}

import type { Call } from '../../domain/calls/call.ts'
import { callEvent } from '../../domain/calls/call-event.ts'
import type { CaptureRules } from '../../domain/calls/capture-rules.ts'
import { arrivalClock } from '../../domain/events/arrival.ts'
import { ownEvent } from '../../domain/events/own-event.ts'
import { redactor } from '../../domain/redaction/redactor.ts'
import type { NewRecord } from '../../ports/event-log.ts'
import { decodeBody } from './decode-body.ts'

/** Makes the log's record of a call; `droppedBefore` calls were lost since the one before it. */
export type ToRecord = (call: Call, rules: CaptureRules, droppedBefore: number) => NewRecord

/** @param nowMs ms since the epoch, with a fraction where there is one. */
export function callRecords(nowMs: () => number): ToRecord {
  const redact = redactor()
  const arrival = arrivalClock(nowMs)
  return (call, rules, droppedBefore) => {
    const event = callEvent(call, rules, redact, decodeBody)
    return ownEvent({
      ...event,
      arrival: arrival(),
      data: droppedBefore === 0 ? event.data : { ...event.data, dropped_before: droppedBefore },
    })
  }
}

import { type Description, descriptionOf, isOutcome, isPhase } from './description.ts'
import type { BridgeEvent, EventAttributes, Phase } from './event.ts'
import { isJsonType } from './record.ts'

/** An event that says what patterns, graph and metrics count, and where in an execution it stands. */
export type DescribedEvent = BridgeEvent &
  Readonly<{ attributes: EventAttributes & Readonly<{ operation: string; phase: Phase }> }>

/**
 * The event with operation, phase, outcome, callid and durationms filled in by `descriptionOf` where
 * they are missing or make no sense. Intake has done so for what came through it: such an event is
 * answered as it is, its payload unread. For records that others wrote to the log.
 */
export function describe(event: BridgeEvent): DescribedEvent {
  if (isDescribed(event)) return event
  const { operation, phase, outcome, callid, durationms } = event.attributes
  const found = descriptionOf(event.type, payloadOf(event), {
    operation,
    phase: isPhase(phase) ? phase : undefined,
    outcome: isOutcome(outcome) ? outcome : undefined,
    callid,
    durationms: isDuration(durationms) ? durationms : undefined,
  })
  return { ...event, attributes: withDescription(event.attributes, found) }
}

/** Attributes with a description written over them; what it leaves open is taken out. */
function withDescription(
  attributes: EventAttributes,
  description: Description,
): DescribedEvent['attributes'] {
  const { outcome: _, callid: __, durationms: ___, ...others } = attributes
  const { operation, phase, outcome, callid, durationms } = description
  return {
    ...others,
    operation,
    phase,
    ...(outcome === undefined ? {} : { outcome }),
    ...(callid === undefined ? {} : { callid }),
    ...(durationms === undefined ? {} : { durationms }),
  }
}

function isDescribed(event: BridgeEvent): event is DescribedEvent {
  const { recordedtime, operation, phase, outcome, durationms } = event.attributes
  return (
    recordedtime !== undefined &&
    operation !== undefined &&
    isPhase(phase) &&
    (outcome === undefined || isOutcome(outcome)) &&
    (durationms === undefined || isDuration(durationms))
  )
}

function isDuration(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,15}(\.\d{1,9})?$/.test(text)
}

function payloadOf({ body, attributes }: BridgeEvent): unknown {
  if (typeof body !== 'string' || !isJsonType(attributes.datacontenttype)) return undefined
  try {
    return JSON.parse(body)
  } catch {
    // Says it is JSON and is not: then it says nothing of itself.
    return undefined
  }
}

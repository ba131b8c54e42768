import type { BridgeEvent, EventAttributes } from '#shared/domain/events/event.ts'
import { toRecord } from '#shared/domain/events/record.ts'
import {
  type KafkaTriggerEvent,
  type TriggeredRecord,
  toTriggerEvent,
} from '#shared/domain/events/trigger.ts'
import { type Recordable, toRecordable } from '#shared/domain/recording/recordable.ts'
import { formatTimeMicros } from '#shared/domain/time.ts'

/** 2026-11-20T10:00:00Z, microseconds. */
export const START = 1_795_168_800_000_000

type EventOptions = Partial<Omit<BridgeEvent, 'time' | 'attributes'>> & {
  /** Microseconds after START. */
  at?: number
  /** Microseconds after START; `at` when left out. */
  arrival?: number
  attributes?: EventAttributes
}

/** An event as intake stamps it. */
export function anEvent({ at = 0, arrival = at, attributes, ...rest }: EventOptions): BridgeEvent {
  return {
    id: 'e1',
    source: 'agent',
    type: 'hooks.execution.started',
    time: formatTimeMicros(START + at),
    body: '{"tool":"Read"}',
    ...rest,
    attributes: {
      datacontenttype: 'application/json',
      recordedtime: formatTimeMicros(START + arrival),
      operation: 'Read',
      phase: 'point',
      ...attributes,
    },
  }
}

/** Records of one partition, offsets from `offset` on. */
export function recordsOf(
  events: readonly BridgeEvent[],
  { topic = 'hooks.execution', offset = 0 } = {},
): readonly TriggeredRecord[] {
  return events.map((event, index) => ({
    topic,
    partition: 0,
    offset: offset + index,
    timestamp: START / 1_000,
    ...toRecord(event),
  }))
}

/** The call of a function with these records. */
export function triggerOf(records: readonly TriggeredRecord[]): KafkaTriggerEvent {
  return toTriggerEvent(records, { eventSource: 'aws:kafka', bootstrapServers: 'test:9092' })
}

/** Events as the recorder takes them from the log. */
export function recordablesOf(events: readonly BridgeEvent[]): readonly Recordable[] {
  return recordsOf(events).map((record) => {
    const recordable = toRecordable(record)
    if (!recordable) throw new Error('the test made a record that is no event')
    return recordable
  })
}

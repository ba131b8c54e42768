import { formatTimeMicros } from '../time.ts'
import { topicOf } from '../topics.ts'
import { descriptionOf } from './description.ts'
import type { EventAttributes, KnownAttributes } from './event.ts'
import { toRecord } from './record.ts'

/** An event that the bridge itself makes. Its data must hold no secrets. */
export type OwnEvent = Readonly<{
  /** Same source + id = same event: it counts once however often it is sent. */
  id: string
  /** The function that makes it, by name. */
  source: string
  /** `<topic>.<verb>` */
  type: string
  /** When it happened, microseconds since the epoch. */
  at: number
  /** When it is written, microseconds; `at` where left out. */
  arrival?: number
  data: Readonly<Record<string, unknown>>
  attributes?: Partial<KnownAttributes>
}>

/** The log's record of an event of the bridge's own, described as any other. */
export function ownEvent({ id, source, type, at, arrival = at, data, attributes }: OwnEvent) {
  const { operation, phase, outcome, callid, durationms } = descriptionOf(type, data, attributes)
  const record = toRecord({
    ...{ id, source, type, time: formatTimeMicros(at) },
    attributes: {
      datacontenttype: 'application/json',
      ...attributes,
      recordedtime: formatTimeMicros(arrival),
      ...{ operation, phase, outcome, callid, durationms },
    } as EventAttributes,
    body: JSON.stringify(data),
  })
  return { topic: topicOf(type), ...record }
}

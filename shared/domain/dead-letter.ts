import { setHeader } from './events/set-header.ts'
import type { TriggeredRecord } from './events/trigger.ts'
import { deadLetterTopic } from './topics.ts'

/**
 * Why a record could not be processed: it is no event, it has the identity of an event with other
 * content, or its processing kept failing.
 */
export const deadLetterReasons = ['malformed', 'conflict', 'failed'] as const
export type DeadLetterReason = (typeof deadLetterReasons)[number]

/** What is said about a dead letter. */
export type Circumstances = Readonly<{
  reason: DeadLetterReason
  /** The function that gave up on it. */
  stage: string
  /** How often it was tried, from 1. */
  attempt: number
  at: Date
}>

type PlainRecord = Pick<TriggeredRecord, 'topic' | 'key' | 'value' | 'headers'>

/** Where the original record lies, as long as its topic keeps it. */
type Origin = Pick<TriggeredRecord, 'topic' | 'partition' | 'offset' | 'timestamp'>

export type DeadLetter = Circumstances &
  Readonly<{
    /** The record as it was, ready to append to its topic. */
    original: PlainRecord
    origin: Origin
  }>

const PREFIX = 'dlq_'
/** Headers of the original that look like ours go under this prefix, so that none is lost. */
const KEPT = 'dlq_kept_'

/** The dead letter of a record: key, value and headers unchanged, `dlq_*` headers added. */
export function toDeadLetter(record: TriggeredRecord, circumstances: Circumstances): PlainRecord {
  const headers: Record<string, string | Uint8Array> = {}
  for (const [name, value] of Object.entries(record.headers)) {
    setHeader(headers, name.startsWith(PREFIX) ? KEPT + name : name, value)
  }
  const { reason, stage, attempt, at } = circumstances
  headers.dlq_reason = reason
  headers.dlq_stage = stage
  headers.dlq_attempt = String(attempt)
  headers.dlq_at = at.toISOString()
  headers.dlq_topic = record.topic
  headers.dlq_partition = String(record.partition)
  headers.dlq_offset = String(record.offset)
  headers.dlq_timestamp = String(record.timestamp)
  return { topic: deadLetterTopic(record.topic), key: record.key, value: record.value, headers }
}

/** Reads a dead letter back; undefined when the record is none. */
export function fromDeadLetter(record: PlainRecord): DeadLetter | undefined {
  const headers: Record<string, string | Uint8Array> = {}
  const ours: Record<string, string> = {}
  for (const [name, value] of Object.entries(record.headers)) {
    if (name.startsWith(KEPT)) setHeader(headers, name.slice(KEPT.length), value)
    else if (!name.startsWith(PREFIX)) setHeader(headers, name, value)
    else if (typeof value === 'string') ours[name.slice(PREFIX.length)] = value
  }
  const { reason, stage, topic, at: time } = ours
  const attempt = Number(ours.attempt)
  const at = new Date(time ?? '')
  if (!isReason(reason) || !stage || !topic) return undefined
  if (!Number.isInteger(attempt) || Number.isNaN(at.getTime())) return undefined
  return {
    ...{ reason, stage, attempt, at },
    original: { topic, key: record.key, value: record.value, headers },
    origin: {
      topic,
      partition: Number(ours.partition),
      offset: Number(ours.offset),
      timestamp: Number(ours.timestamp),
    },
  }
}

/** Which dead letter of a topic was put back. */
export type Replay = Readonly<{ partition: number; offset: number; at: Date }>

/**
 * A note on a dead-letter topic that one of its letters was put back. It lies behind the letter and
 * so outlives it, needs no store of its own, and can go into the same append as the original.
 */
export function toReplayNote(topic: string, { partition, offset, at }: Replay): PlainRecord {
  const headers = { dlq_replayed: `${partition}/${offset}`, dlq_at: at.toISOString() }
  return { topic: deadLetterTopic(topic), key: null, value: null, headers }
}

/** Reads such a note back; undefined when the record is none. */
export function fromReplayNote({ headers }: Pick<PlainRecord, 'headers'>): Replay | undefined {
  const match = /^(\d+)\/(\d+)$/.exec(String(headers.dlq_replayed ?? ''))
  const at = new Date(String(headers.dlq_at ?? ''))
  if (!match || Number.isNaN(at.getTime())) return undefined
  return { partition: Number(match[1]), offset: Number(match[2]), at }
}

function isReason(text: string | undefined): text is DeadLetterReason {
  return deadLetterReasons.some((reason) => reason === text)
}

import { hash } from 'node:crypto'
import { describe } from '../events/describe.ts'
import type { BridgeEvent, Outcome, Phase } from '../events/event.ts'
import { parseTime } from '../time.ts'

/** What learning takes from an event. */
export type Observation = Readonly<{
  /** 32 hexadecimal digits of source and id: the event's identity. */
  identity: string
  source: string
  /** 32 hexadecimal digits of the session's name; null without a session. */
  session: string | null
  operation: string
  phase: Phase
  /** Number of its call id, below 2^52; 0 without one. */
  call: number
  outcome: Outcome | null
  /** Microseconds, as the sender told. */
  duration: number | null
  /** Own time, microseconds since the epoch. */
  at: number
  /** Order of arrival, microseconds since the epoch. */
  arrival: number
}>

/** When and where a record was appended: its arrival, where the event does not tell it. */
type Appended = Readonly<{ timestamp: number; offset: number }>

/** An event as learning sees it; undefined where its time is none. */
export function observationOf(event: BridgeEvent, appended: Appended): Observation | undefined {
  const { source, id, time, attributes } = describe(event)
  const at = parseTime(time)
  if (at === undefined) return undefined
  const { sessionid, operation, phase, callid, outcome, durationms, recordedtime } = attributes
  return {
    identity: digestOf(`${source}\n${id}`),
    source,
    session: sessionid ? sessionKey(sessionid) : null,
    operation,
    phase,
    call: callid ? callNumber(callid) : 0,
    outcome: outcome ?? null,
    duration: durationms === undefined ? null : Math.round(Number(durationms) * 1_000),
    at,
    arrival: arrivalOf(recordedtime, appended),
  }
}

/** The key under which a session is kept. */
export function sessionKey(session: string): string {
  return digestOf(session)
}

/** 128 bits of SHA-256 as hexadecimal digits. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'hex').slice(0, 32)
}

const CALL_DIGITS = 13

/** Call ids are unique within a session of few calls: 52 bits tell them apart. */
function callNumber(callId: string): number {
  return Number.parseInt(hash('sha256', callId, 'hex').slice(0, CALL_DIGITS), 16) || 1
}

/** Without a receiver's word, records of a millisecond follow each other as on their partition. */
function arrivalOf(recordedTime: string | undefined, { timestamp, offset }: Appended): number {
  const told = recordedTime === undefined ? undefined : parseTime(recordedTime)
  return told ?? timestamp * 1_000 + (offset % 1_000)
}

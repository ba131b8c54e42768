import { setTimeout } from 'node:timers/promises'
import { keepAlive, retryAfter, sentEvent } from '#shared/domain/http/server-sent-events.ts'
import { Failure } from '#shared/errors.ts'
import { errorFields, log } from '#shared/log.ts'
import type { EventFilter, RecordedEvent, RecordedEvents } from '#shared/ports/recorded-events.ts'
import type { RecordingSignal } from '#shared/ports/recording-signal.ts'

export type StreamDependencies = Readonly<{
  events: RecordedEvents
  recording: RecordingSignal
  now: () => Date
}>

export type StreamRequest = Readonly<{
  filter: EventFilter
  /** Starts with what was recorded after this. */
  after: number
  /** How long the function may still run, ms. */
  remainingMs: () => number
  /** Whether the caller's key still holds. */
  mayGoOn: () => Promise<boolean>
  /** Aborts when the caller has left. */
  signal: AbortSignal
}>

/** Events read at once: a slow client makes the function hold so many and no more. */
const BATCH = 64
/** Looks by itself after this, should an announcement not be heard, ms. */
const LOOK_MS = 1_000
const KEEP_ALIVE_MS = 15_000
/** How often a stream's key is looked at, ms; revoking one takes effect within 5 s. */
const KEY_CHECK_MS = 2_000
/** Ends by itself while there is still time to say so, ms. */
const CLOSING_MS = 5_000
const RETRY_MS = 1_000

/** Server-sent events for everything recorded after a point that the filter lets through. */
export async function* recordedStream(
  { events, recording, now }: StreamDependencies,
  { filter, after, remainingMs, mayGoOn, signal }: StreamRequest,
): AsyncGenerator<string, void> {
  const keyHolds = lookedAtEvery(KEY_CHECK_MS, now, mayGoOn)
  const isWanted = () => !signal.aborted && remainingMs() > CLOSING_MS
  let seen = after
  let sentAt = now().getTime()
  yield retryAfter(RETRY_MS)
  while (isWanted()) {
    const found = await look(events, seen, filter)
    for (const event of found.events) {
      if (!isWanted() || !(await keyHolds())) return
      yield sentEvent('recorded', event.seq, event)
      sentAt = now().getTime()
    }
    seen = found.seen
    if (now().getTime() - sentAt >= KEEP_ALIVE_MS) {
      yield keepAlive(seen)
      sentAt = now().getTime()
    }
    if (!(await keyHolds())) return
    if (found.state === 'unavailable') await setTimeout(LOOK_MS)
    else if (found.state === 'caught-up') await recording.after(seen, LOOK_MS)
  }
}

type Look = Readonly<{
  state: 'more' | 'caught-up' | 'unavailable'
  events: readonly RecordedEvent[]
  /** Everything up to here was looked at. */
  seen: number
}>

/** The next events; while they can't be read the stream stays open and goes on from there later. */
async function look(events: RecordedEvents, seen: number, filter: EventFilter): Promise<Look> {
  try {
    // Asked for before the events, so that nothing up to it can be missing among them.
    const latest = await events.latest()
    if (latest <= seen) return { state: 'caught-up', events: [], seen }
    const found = await events.since(seen, filter, BATCH)
    const last = found.at(-1)?.seq ?? seen
    return found.length < BATCH
      ? { state: 'caught-up', events: found, seen: Math.max(latest, last) }
      : { state: 'more', events: found, seen: last }
  } catch (error) {
    if (!(error instanceof Failure && error.retryable)) throw error
    log('warn', 'recorded-not-readable', errorFields(error))
    return { state: 'unavailable', events: [], seen }
  }
}

/** Looks again when the last look is that long ago, ms; until then what it saw holds. */
function lookedAtEvery(
  everyMs: number,
  now: () => Date,
  ask: () => Promise<boolean>,
): () => Promise<boolean> {
  let askedAt = now().getTime()
  let answer = true
  return async () => {
    if (now().getTime() - askedAt >= everyMs) {
      askedAt = now().getTime()
      answer = await ask()
    }
    return answer
  }
}

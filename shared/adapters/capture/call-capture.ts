import { backoffMs } from '../../domain/backoff.ts'
import type { Call } from '../../domain/calls/call.ts'
import type { CaptureRules } from '../../domain/calls/capture-rules.ts'
import { throttle } from '../../domain/throttle.ts'
import { Failure } from '../../errors.ts'
import { errorFields, log as writeLog } from '../../log.ts'
import type { CallCapture } from '../../ports/call-capture.ts'
import type { EventLog, NewRecord } from '../../ports/event-log.ts'
import { callRecords, type ToRecord } from './call-records.ts'
import { weightOf } from './call-weight.ts'

export type CaptureOptions = Readonly<{
  log: EventLog
  /** Calls that wait or are being appended at most. */
  maxCalls?: number
  /** What they hold in memory at most, bytes. */
  maxBytes?: number
  /** Calls are appended after so many ms at the latest, while the log takes them. */
  lingerMs?: number
  /** `flush` and `close` wait so long at most. */
  flushMs?: number
  toRecord?: ToRecord
  /** Told of calls that are on the log or given up, and of what they held. */
  onSettled?: (settled: Readonly<{ calls: number; bytes: number }>) => void
}>

/** A capture that can be told of calls that were lost before they came to it. */
export type CallAppender = CallCapture & Readonly<{ noteLost(calls: number, why: string): void }>

/** Beyond so many calls a batch does not wait, and holds no more. */
const BATCH_CALLS = 500
const BATCH_BYTES = 4_194_304
/** How long the event loop is held at most for making records, but for a single large one. */
const SLICE_MS = 2
const TELL_MS = 10_000

type Waiting = Readonly<{ call: Call; rules: CaptureRules; bytes: number }>

/**
 * Appends calls to the log beside their way, in batches. While the log is away they wait within the
 * bounds and further ones are dropped: counted, told in a log line, and in `dropped_before` of the
 * next call that is kept.
 */
export function callCapture({
  log,
  maxCalls = 10_000,
  maxBytes = 33_554_432,
  lingerMs = 50,
  flushMs = 2_000,
  toRecord = callRecords(() => performance.timeOrigin + performance.now()),
  onSettled,
}: CaptureOptions): CallAppender {
  let waiting: Waiting[] = []
  let held = { calls: 0, bytes: 0 }
  let dropped = 0
  let untold = 0
  /** How many lost calls a record tells of: lost with it, they have to be told again. */
  const tells = new WeakMap<NewRecord, number>()
  let running: Promise<void> | undefined
  let hurry: (() => void) | undefined
  let isClosing = false
  let isClosed = false
  const mayTellDrop = throttle(TELL_MS)
  const mayTellFault = throttle(TELL_MS)

  function drop(calls: number, why: string) {
    dropped += calls
    untold += calls
    if (mayTellDrop(Date.now()) === undefined) return
    writeLog('warn', 'calls_not_captured', { why, dropped })
  }

  function dropRecords(records: readonly NewRecord[], why: string) {
    for (const record of records) untold += tells.get(record) ?? 0
    drop(records.length, why)
  }

  async function run(): Promise<void> {
    while (waiting.length > 0) {
      if (waiting.length < BATCH_CALLS && !isClosing) await pause(lingerMs)
      const batch = takeBatch()
      const records = await recordsOf(batch)
      await append(records)
      const settled = {
        calls: batch.length,
        bytes: batch.reduce((sum, { bytes }) => sum + bytes, 0),
      }
      held = { calls: held.calls - settled.calls, bytes: held.bytes - settled.bytes }
      onSettled?.(settled)
    }
    running = undefined
  }

  /** Ends early when somebody is in a hurry. */
  async function pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    hurry = resolve
    const timer = setTimeout(resolve, ms)
    await promise
    clearTimeout(timer)
    hurry = undefined
  }

  function takeBatch(): readonly Waiting[] {
    let bytes = 0
    let end = 0
    for (const each of waiting) {
      bytes += each.bytes
      if (end > 0 && (end >= BATCH_CALLS || bytes > BATCH_BYTES)) break
      end++
    }
    const batch = waiting.slice(0, end)
    waiting = waiting.slice(end)
    return batch
  }

  async function recordsOf(batch: readonly Waiting[]): Promise<readonly NewRecord[]> {
    const records: NewRecord[] = []
    let until = performance.now() + SLICE_MS
    for (const { call, rules } of batch) {
      const record = recordOf(call, rules)
      if (record) records.push(record)
      if (performance.now() < until) continue
      await new Promise((done) => setImmediate(done))
      until = performance.now() + SLICE_MS
    }
    return records
  }

  function recordOf(call: Call, rules: CaptureRules): NewRecord | undefined {
    const lost = untold
    try {
      const record = toRecord(call, rules, lost)
      if (lost > 0) tells.set(record, lost)
      untold -= lost
      return record
    } catch (error) {
      drop(1, 'a call made no record')
      tellFault('call_without_record', error)
      return undefined
    }
  }

  /** Tries until the log has them, or nobody waits for that any more. */
  async function append(records: readonly NewRecord[]): Promise<void> {
    for (let failures = 0; records.length > 0; ) {
      try {
        await log.append(records)
        return
      } catch (error) {
        tellFault('calls_not_appended', error)
        if (isClosed) return dropRecords(records, 'closed before the log took them')
        if (concernsOne(error)) return await appendApart(records)
        failures++
        await pause(backoffMs(failures, Math.random()))
      }
    }
  }

  /** One of them can't be appended: the others are. */
  async function appendApart(records: readonly NewRecord[]): Promise<void> {
    if (records.length === 1) return dropRecords(records, 'the log refused it')
    const half = records.length >> 1
    await append(records.slice(0, half))
    await append(records.slice(half))
  }

  function tellFault(code: string, error: unknown) {
    if (mayTellFault(Date.now()) !== undefined) writeLog('warn', code, errorFields(error))
  }

  async function flush(): Promise<void> {
    if (running === undefined) return
    hurry?.()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, flushMs)
    })
    await Promise.race([running, late])
    clearTimeout(timer)
  }

  return {
    take(call, rules) {
      if (rules.mode === 'off') return true
      const bytes = weightOf(call)
      if (isClosing || held.calls >= maxCalls || held.bytes + bytes > maxBytes) {
        drop(1, isClosing ? 'closing' : 'no room')
        return false
      }
      waiting.push({ call, rules, bytes })
      held = { calls: held.calls + 1, bytes: held.bytes + bytes }
      running ??= run()
      if (waiting.length === BATCH_CALLS) hurry?.()
      return true
    },
    get dropped() {
      return dropped
    },
    noteLost: drop,
    flush,
    async close() {
      isClosing = true
      await flush()
      isClosed = true
      if (held.calls > 0) hurry?.()
    },
  }
}

const concernsOne = (error: unknown) =>
  error instanceof Failure && (error.kind === 'TooLarge' || error.kind === 'InvalidInput')

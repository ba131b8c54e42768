import type { Worker } from 'node:worker_threads'
import { backoffMs } from '../../domain/backoff.ts'
import { throttle } from '../../domain/throttle.ts'
import { errorFields, log as writeLog } from '../../log.ts'
import type { CallCapture } from '../../ports/call-capture.ts'
import { packCalls, type Taken } from './call-batch.ts'
import { weightOf } from './call-weight.ts'
import type { FromCapturer, ToCapturer } from './capture-messages.ts'

export type CaptureApartOptions = Readonly<{
  /** Starts a thread that runs `serveCapture`. */
  start: () => Worker
  /** Calls that wait or are being appended at most, over there too. */
  maxCalls?: number
  /** What they hold in memory at most, bytes. */
  maxBytes?: number
  /** Calls go over after so many ms at the latest. */
  lingerMs?: number
  /** `flush` and `close` wait so long at most. */
  flushMs?: number
}>

/** A batch of so many goes at once: packing more would hold the event loop for a millisecond and more. */
const BATCH_CALLS = 50
const TELL_MS = 10_000
/** For the rest of closing, once calls are appended or given up. */
const CLOSE_MS = 1_000

/**
 * Has calls captured by a thread of its own: redaction and appending take 20 times the processor time
 * of handing a call over. When the thread dies, what it had is dropped and counted, and another starts.
 */
export function captureApart({
  start,
  maxCalls = 10_000,
  maxBytes = 33_554_432,
  lingerMs = 10,
  flushMs = 2_000,
}: CaptureApartOptions): CallCapture {
  let waiting: Taken[] = []
  let held = { calls: 0, bytes: 0 }
  let droppedHere = 0
  let droppedThere = 0
  let ofDeadThreads = 0
  let untold = 0
  let timer: NodeJS.Timeout | undefined
  let worker: Worker | undefined
  let deaths = 0
  let isClosing = false
  let flushes = 0
  const flushed = new Map<number, () => void>()
  const mayTell = throttle(TELL_MS)

  function run(): void {
    const thread = start()
    worker = thread
    thread.on('message', hear)
    thread.on('error', (error) => writeLog('error', 'capture_thread_failed', errorFields(error)))
    thread.on('exit', () => {
      if (worker === thread) mourn()
    })
    // It must not keep a process alive that has nothing else to do: `close` waits for it.
    thread.unref()
  }

  function hear(message: FromCapturer): void {
    if (message.type === 'settled') {
      deaths = 0
      held = { calls: held.calls - message.calls, bytes: held.bytes - message.bytes }
      droppedThere = message.dropped
    } else if (message.type === 'flushed') {
      flushed.get(message.id)?.()
      flushed.delete(message.id)
    } else {
      for (const resolve of flushed.values()) resolve()
      flushed.clear()
    }
  }

  function mourn(): void {
    worker = undefined
    ofDeadThreads += droppedThere
    droppedThere = 0
    const lost = held.calls - waiting.length
    if (lost > 0) drop(lost, 'the capturing thread died')
    held = {
      calls: waiting.length,
      bytes: waiting.reduce((sum, { call }) => sum + weightOf(call), 0),
    }
    for (const resolve of flushed.values()) resolve()
    flushed.clear()
    if (isClosing) return
    deaths++
    setTimeout(
      () => {
        if (!isClosing) run()
        if (waiting.length > 0) send()
      },
      backoffMs(deaths, Math.random()),
    ).unref()
  }

  function drop(calls: number, why: string): void {
    droppedHere += calls
    untold += calls
    if (mayTell(Date.now()) === undefined) return
    writeLog('warn', 'calls_not_captured', { why, dropped: droppedHere })
  }

  function send(): void {
    clearTimeout(timer)
    timer = undefined
    if (!worker) return
    while (waiting.length > 0) {
      const taken = waiting.slice(0, BATCH_CALLS)
      waiting = waiting.slice(BATCH_CALLS)
      try {
        const batch = packCalls(taken)
        say({ type: 'calls', batch, lost: untold }, [batch.bodies.buffer])
        untold = 0
      } catch (error) {
        // Whoever took a call must not learn of it by an exception.
        release(taken)
        drop(taken.length, errorFields(error).error as string)
      }
    }
  }

  function release(taken: readonly Taken[]): void {
    const bytes = taken.reduce((sum, { call }) => sum + weightOf(call), 0)
    held = { calls: held.calls - taken.length, bytes: held.bytes - bytes }
  }

  function say(message: ToCapturer, transfer: readonly ArrayBuffer[] = []): void {
    worker?.postMessage(message, transfer)
  }

  async function answered(withinMs: number, ask: (id: number) => void): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const id = ++flushes
    flushed.set(id, resolve)
    const late = setTimeout(resolve, withinMs)
    ask(id)
    await promise
    clearTimeout(late)
    flushed.delete(id)
  }

  run()

  return {
    take(call, rules) {
      if (rules.mode === 'off') return true
      const bytes = weightOf(call)
      if (isClosing || held.calls >= maxCalls || held.bytes + bytes > maxBytes) {
        drop(1, isClosing ? 'closing' : 'no room')
        return false
      }
      waiting.push({ call, rules })
      held = { calls: held.calls + 1, bytes: held.bytes + bytes }
      if (waiting.length >= BATCH_CALLS) send()
      else timer ??= setTimeout(send, lingerMs)
      return true
    },
    get dropped() {
      return droppedHere + droppedThere + ofDeadThreads
    },
    async flush() {
      send()
      if (!worker || held.calls === 0) return
      await answered(flushMs, (id) => say({ type: 'flush', id }))
    },
    async close() {
      send()
      isClosing = true
      if (!worker) return
      // The other side waits as long for its log.
      await answered(flushMs + CLOSE_MS, () => say({ type: 'close' }))
      const thread = worker
      worker = undefined
      await thread?.terminate()
      if (held.calls > 0) drop(held.calls, 'closed before the log took them')
      held = { calls: 0, bytes: 0 }
    },
  }
}

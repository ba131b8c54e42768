import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { type CaptureOptions, callCapture } from '#shared/adapters/capture/call-capture.ts'
import { memoryEventLog, memoryLog } from '#shared/adapters/memory/event-log.ts'
import type { CaptureRules } from '#shared/domain/calls/capture-rules.ts'
import { topics } from '#shared/domain/topics.ts'
import { Failure } from '#shared/errors.ts'
import type { EventLog, NewRecord } from '#shared/ports/event-log.ts'
import { aCall, aMessage } from '#test/support/calls.ts'

const rules: CaptureRules = { mode: 'full', maxBodyBytes: 1_000 }
const call = (nr: number, bytes = 10) =>
  aCall({ id: `call-${nr}`, request: aMessage({ body: 'x'.repeat(bytes) }) })

/** A log in memory that can be away, or refuse some records. */
function aLog() {
  const memory = memoryLog(topics)
  const whole = memoryEventLog(memory)
  const state = { away: false, refuses: (_: NewRecord) => false, batches: [] as number[] }
  const log: EventLog = {
    ...whole,
    async append(records, options) {
      if (state.away) throw new Failure('Unavailable', 'the log is away')
      if (records.some(state.refuses)) throw new Failure('TooLarge', 'a record is too large')
      state.batches.push(records.length)
      return whole.append(records, options)
    },
  }
  const onLog = () => [...(memory.topics.get('tools.calls') ?? [])].flat()
  const ids = () => onLog().map(({ headers }) => headers.ce_id)
  const bodies = () => onLog().map(({ value }) => JSON.parse(String(value)))
  return { state, log, ids, bodies }
}

function aCapture(options: Partial<CaptureOptions> = {}) {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  const { log, ...rest } = aLog()
  const capture = callCapture({ log, flushMs: 1_000, lingerMs: 5, ...options })
  onTestFinished(async () => {
    rest.state.away = false
    await capture.close()
    vi.restoreAllMocks()
  })
  const lines = () => vi.mocked(process.stdout.write).mock.calls.map(([line]) => String(line))
  return { capture, ...rest, lines }
}

describe('capturing calls', () => {
  it('appends them in batches of which none is larger than 500', async () => {
    const { capture, ids, state } = aCapture()
    for (let nr = 0; nr < 1_200; nr++) expect(capture.take(call(nr), rules)).toBe(true)
    await capture.flush()
    expect(ids()).toHaveLength(1_200)
    expect(new Set(ids()).size).toBe(1_200)
    expect(Math.max(...state.batches)).toBeLessThanOrEqual(500)
    expect(capture.dropped).toBe(0)
  })

  it('appends by itself, soon', async () => {
    const { capture, ids } = aCapture()
    capture.take(call(1), rules)
    await vi.waitFor(() => expect(ids()).toEqual(['call-1']), { timeout: 1_000, interval: 5 })
  })

  it('keeps nothing of calls that must not be captured', async () => {
    const { capture, ids } = aCapture()
    expect(capture.take(call(1), { mode: 'off', maxBodyBytes: 10 })).toBe(true)
    await capture.flush()
    expect(ids()).toEqual([])
    expect(capture.dropped).toBe(0)
  })

  it('keeps what it has while the log is away, and appends it once when the log is back', async () => {
    const { capture, ids, state } = aCapture({ flushMs: 20 })
    state.away = true
    for (let nr = 0; nr < 20; nr++) capture.take(call(nr), rules)
    await capture.flush()
    expect(ids()).toEqual([])
    state.away = false
    await vi.waitFor(() => expect(ids()).toHaveLength(20), { timeout: 5_000, interval: 10 })
    expect(capture.dropped).toBe(0)
  })

  it.each([
    ['calls', { maxCalls: 3 }, 10, 3],
    ['bytes', { maxBytes: 5_000 }, 1_000, 2],
  ])(
    'drops what is too much for its bounds in %s, and says so on the log',
    async (_, bounds, bytes, kept) => {
      const { capture, ids, bodies, state, lines } = aCapture({ ...bounds, flushMs: 20 })
      state.away = true
      const taken = Array.from({ length: 10 }, (_, nr) => capture.take(call(nr, bytes), rules))
      expect(taken.filter(Boolean)).toHaveLength(kept)
      expect(capture.dropped).toBe(10 - kept)
      await capture.flush()
      expect(lines().filter((line) => line.includes('calls_not_captured'))).toHaveLength(1)
      state.away = false
      await vi.waitFor(() => expect(ids()).toHaveLength(kept), { timeout: 5_000, interval: 10 })
      const told = bodies().map((data) => data.dropped_before ?? 0)
      expect(told).toEqual([10 - kept, ...Array(kept - 1).fill(0)])
    },
  )

  it('gives up the call that the log refuses, and no other', async () => {
    const { capture, ids, state } = aCapture()
    state.refuses = ({ headers }) => headers.ce_id === 'call-3'
    for (let nr = 0; nr < 9; nr++) capture.take(call(nr), rules)
    await capture.flush()
    expect(ids().toSorted()).toEqual([0, 1, 2, 4, 5, 6, 7, 8].map((nr) => `call-${nr}`))
    expect(capture.dropped).toBe(1)
  })

  it('is not stopped by a call of which no record can be made', async () => {
    const { log, ids } = aLog()
    const broken = vi.fn().mockImplementationOnce(() => {
      throw new Error('no record')
    })
    const { capture } = aCapture()
    const own = callCapture({
      log,
      lingerMs: 1,
      toRecord: (...given) => {
        broken()
        return {
          ...{ topic: 'tools.calls', key: null, value: null },
          headers: { ce_id: given[0].id },
        }
      },
    })
    own.take(call(1), rules)
    own.take(call(2), rules)
    await own.close()
    expect(ids()).toEqual(['call-2'])
    expect(own.dropped).toBe(1)
    expect(capture.dropped).toBe(0)
  })

  it('closes in bounded time while the log is away, and counts what is lost', async () => {
    const { capture, state } = aCapture({ flushMs: 50 })
    state.away = true
    capture.take(call(1), rules)
    const began = performance.now()
    await capture.close()
    expect(performance.now() - began).toBeLessThan(1_000)
    await vi.waitFor(() => expect(capture.dropped).toBe(1), { timeout: 2_000, interval: 5 })
    expect(capture.take(call(2), rules)).toBe(false)
    expect(capture.dropped).toBe(2)
  })

  it('lets others have the event loop while it makes records', async () => {
    const slow = (ms: number) => {
      const until = performance.now() + ms
      while (performance.now() < until);
    }
    const { log } = aLog()
    const capture = callCapture({
      log,
      lingerMs: 1,
      toRecord: ({ id }) => {
        slow(1)
        return { topic: 'tools.calls', key: null, value: null, headers: { ce_id: id } }
      },
    })
    for (let nr = 0; nr < 100; nr++) capture.take(call(nr), rules)
    let turns = 0
    const counting = setInterval(() => turns++, 0)
    await capture.flush()
    clearInterval(counting)
    await capture.close()
    expect(turns).toBeGreaterThan(15)
  })
})

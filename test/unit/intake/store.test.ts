import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { storeRecords } from '#functions/hook-receiver/store.ts'
import { memoryEventLog, memoryLog } from '#shared/adapters/memory/event-log.ts'
import { memorySpill } from '#shared/adapters/memory/spill.ts'
import { RECORD_LIMIT_BYTES } from '#shared/domain/record-size.ts'
import { Failure, type FailureKind } from '#shared/errors.ts'
import type { NewRecord } from '#shared/ports/event-log.ts'
import { aSpilled } from '#test/contract/spill.contract.ts'
import { receiver } from '#test/support/intake.ts'

const MANIFEST = [{ name: 'test.one', partitions: 1, retentionMs: 1_000, carries: 'tests' }]
const TIME_MS = 4_500

type LogState = 'well' | 'hangs' | FailureKind

/** A store on a log and a spill that can be made to fail; times are fake. */
function aStore() {
  const memory = memoryLog(MANIFEST)
  const real = memoryEventLog(memory)
  const spill = memorySpill()
  const state = { log: 'well' as LogState, spill: 'well' as 'well' | 'full' | 'hangs', asked: 0 }
  const append = async (records: readonly NewRecord[], options?: { timeoutMs?: number }) => {
    state.asked += 1
    if (state.log === 'well') return real.append(records)
    if (state.log === 'hangs') await late(options?.timeoutMs ?? 3_700)
    throw new Failure(state.log === 'hangs' ? 'Unavailable' : state.log, 'the log does not take it')
  }
  const put = async (records: readonly NewRecord[], options: { timeoutMs: number }) => {
    if (state.spill === 'well') return spill.put(records, options)
    if (state.spill === 'hangs') await late(options.timeoutMs)
    throw new Failure('Unavailable', 'the disk is full')
  }
  const store = storeRecords({ log: { append }, spill: { put }, nowMs: () => performance.now() })
  const record = (key: string, text: string) => aSpilled({ key, value: Buffer.from(text) })
  const records = (...texts: readonly string[]) => texts.map((text) => record(keyOf(text), text))
  return {
    state,
    append,
    put,
    store: (...texts: readonly string[]) => store(records(...texts), TIME_MS),
    storeRecord: (given: NewRecord) => store([given], TIME_MS),
    onLog: () =>
      memory.topics
        .get('test.one')
        ?.flat()
        .map(({ value }) => String(value)),
    spilled: async () =>
      (await Promise.all(spill.messages.map(({ text }) => spill.read(text))))
        .flat()
        .map(({ value }) => String(value)),
  }
}

const keyOf = (text: string) => text.slice(0, 1)
const late = (ms: number) => new Promise((done) => setTimeout(done, ms))

/** How a store ended, and after how many ms. */
async function timed(work: Promise<unknown>) {
  const started = performance.now()
  const outcome = work.then(
    () => 'stored',
    (error: Failure) => error.kind,
  )
  await vi.runAllTimersAsync()
  return { outcome: await outcome, ms: Math.round(performance.now() - started) }
}

describe('what can not go to the log', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('goes to the spill when the log hangs, in 2.5 s', async () => {
    const { state, store, onLog, spilled } = aStore()
    state.log = 'hangs'
    expect(await timed(store('a1'))).toEqual({ outcome: 'stored', ms: 2_500 })
    expect(onLog()).toEqual([])
    expect(await spilled()).toEqual(['a1'])
  })

  it.each(['Unavailable', 'Misconfigured', 'Timeout'] as const)(
    'goes to the spill at once when the log says %s',
    async (kind) => {
      const { state, store, spilled } = aStore()
      state.log = kind
      expect(await timed(store('a1'))).toEqual({ outcome: 'stored', ms: 0 })
      expect(await spilled()).toEqual(['a1'])
    },
  )

  it('no longer waits for the log after two failures, and tries it again with one hook', async () => {
    const { state, store, onLog, spilled } = aStore()
    state.log = 'hangs'
    await timed(store('a1'))
    await timed(store('b1'))
    expect(state.asked).toBe(2)
    expect((await timed(store('c1'))).ms).toBe(0)
    expect(state.asked).toBe(2)

    vi.advanceTimersByTime(2_000)
    const others = [store('d1'), store('e1'), store('f1')]
    await timed(others[1] as Promise<void>)
    await Promise.all(others)
    expect(state.asked).toBe(3)

    state.log = 'well'
    vi.advanceTimersByTime(2_000)
    await timed(store('g1'))
    await timed(store('h1'))
    expect(onLog()).toEqual(['g1', 'h1'])
    expect((await spilled()).sort()).toEqual(['a1', 'b1', 'c1', 'd1', 'e1', 'f1'])
  })

  it('does not let others wait for the one that tries the log', async () => {
    const { state, store } = aStore()
    state.log = 'hangs'
    await timed(store('a1'))
    await timed(store('b1'))
    vi.advanceTimersByTime(2_000)
    const trial = store('c1')
    const started = performance.now()
    await store('d1')
    expect(performance.now() - started).toBe(0)
    await timed(trial)
  })

  it('is followed by what is newer of its key, until the log is back and the drain had time', async () => {
    const { state, store, onLog, spilled } = aStore()
    state.log = 'Unavailable'
    await store('a1')
    state.log = 'well'
    await store('b1', 'a2', 'b2')
    expect(onLog()).toEqual(['b1', 'b2'])
    expect(await spilled()).toEqual(['a1', 'a2'])
    vi.advanceTimersByTime(9_000)
    await store('a3')
    vi.advanceTimersByTime(10_000)
    await store('a4')
    expect(onLog()).toEqual(['b1', 'b2', 'a4'])
    expect(await spilled()).toEqual(['a1', 'a2', 'a3'])
  })

  it('stays in the spill for a minute at most, for a key that never rests', async () => {
    const { state, store, onLog } = aStore()
    state.log = 'Unavailable'
    await store('a0')
    state.log = 'well'
    for (let second = 1; second < 60; second++) {
      vi.advanceTimersByTime(1_000)
      await store(`a${second}`)
    }
    expect(onLog()).toEqual([])
    vi.advanceTimersByTime(1_000)
    await store('a60')
    expect(onLog()).toEqual(['a60'])
  })

  it('is refused within 5 s when the spill fails too, with a time to come again', async () => {
    const { state, store } = aStore()
    state.log = 'hangs'
    state.spill = 'full'
    expect(await timed(store('a1'))).toEqual({ outcome: 'Unavailable', ms: 2_500 })
    state.spill = 'hangs'
    expect(await timed(store('b1'))).toEqual({ outcome: 'Unavailable', ms: 4_000 })
    state.spill = 'full'
    const refused = await store('c1').catch((error: Failure) => error)
    expect(refused).toMatchObject({ retryAfterS: 1 })
  })

  it('is refused when only a part of it found a place', async () => {
    const { state, store } = aStore()
    state.log = 'Unavailable'
    await store('a1')
    state.log = 'well'
    state.spill = 'full'
    await expect(store('b1', 'a2')).rejects.toMatchObject({ kind: 'Unavailable' })
  })

  it.each([
    ['TooLarge', 'TooLarge'],
    ['NotFound', 'Unavailable'],
  ] as const)('is no outage when the log says %s: nothing is spilled', async (kind, told) => {
    const { state, store, spilled } = aStore()
    state.log = kind
    for (const text of ['a1', 'b1', 'c1']) {
      await expect(store(text)).rejects.toMatchObject({ kind: told })
    }
    expect(await spilled()).toEqual([])
    expect(state.asked).toBe(3)
  })

  it('is too large for the spill when it is for the log, also while nobody asks that', async () => {
    const { state, store, storeRecord, spilled } = aStore()
    state.log = 'Unavailable'
    await store('a1')
    await store('b1')
    const large = aSpilled({ key: 'c', value: Buffer.alloc(RECORD_LIMIT_BYTES) })
    await expect(storeRecord(large)).rejects.toMatchObject({ kind: 'TooLarge' })
    expect(await spilled()).toEqual(['a1', 'b1'])
  })
})

describe('POST /hooks without its log', () => {
  const hook = { source: 'shop', type: 'hooks.execution.started', data: {} }
  const away = async () => {
    throw new Failure('Unavailable', 'away')
  }

  it('answers 202 for what the spill holds, under the same id', async () => {
    const spill = memorySpill()
    const { post } = receiver([], away, spill)
    const { statusCode, body } = await post({ body: hook })
    expect(statusCode).toBe(202)
    const [record] = await spill.read(spill.messages[0]?.text ?? '')
    expect(record?.headers.ce_id).toBe(JSON.parse(body).accepted[0].id)
  })

  it('spills nothing that is not valid', async () => {
    const spill = memorySpill()
    const { post } = receiver([], away, spill)
    await expect(post({ body: {} })).rejects.toMatchObject({ kind: 'InvalidInput' })
    expect(spill.messages).toEqual([])
  })

  it('answers 503 where there is no spill', async () => {
    const { post } = receiver([], away)
    await expect(post({ body: hook })).rejects.toMatchObject({ kind: 'Unavailable' })
  })
})

import { Worker } from 'node:worker_threads'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openCallCapture } from '#shared/adapters/call-capture.ts'
import { captureApart } from '#shared/adapters/capture/capture-apart.ts'
import { postgresLogBrowser } from '#shared/adapters/postgres/log-browser.ts'
import { postgresTopicAdmin } from '#shared/adapters/postgres/topic-admin.ts'
import type { Call } from '#shared/domain/calls/call.ts'
import { topics } from '#shared/domain/topics.ts'
import type { LogRecord } from '#shared/ports/event-log.ts'
import { aCall, jsonMessage } from '#test/support/calls.ts'
import { freshDatabase } from '#test/support/database.ts'
import { aRecorder } from '#test/support/recorder.ts'

const rules = { mode: 'full', maxBodyBytes: 1_000 } as const
const PATIENCE = { timeout: 15_000, interval: 20 }

async function aLog() {
  const url = await freshDatabase()
  const admin = postgresTopicAdmin(url)
  await admin.apply(topics)
  await admin.close()
  const browser = postgresLogBrowser(url)
  onTestFinished(() => browser.close())
  const read = async () => {
    const records: LogRecord[] = []
    for (const { partition, end } of await browser.bounds('tools.calls')) {
      if (end > 0) records.push(...(await browser.read('tools.calls', partition, 0, 1_000)))
    }
    return records
  }
  return { url, read }
}

const calls = (count: number): readonly Call[] =>
  Array.from({ length: count }, (_, nr) =>
    aCall({
      id: `call-${nr}`,
      correlationId: `c-${nr}`,
      response: jsonMessage({ nr, password: 'zorro', text: '\u0000 \u2028 ü' }),
    }),
  )

describe.each([
  ['in the thread that serves', false],
  ['in a thread of its own', true],
])('capturing to the log in PostgreSQL, %s', (_, apart) => {
  it('puts every call on the log once, without secrets, and lets the recorder have it', async () => {
    const { url, read } = await aLog()
    const capture = await openCallCapture(url, { apart })
    for (const call of calls(300)) expect(capture.take(call, rules)).toBe(true)
    await capture.close()
    expect(capture.dropped).toBe(0)
    const records = await read()
    expect(new Set(records.map(({ headers }) => headers.ce_id)).size).toBe(300)
    expect(records).toHaveLength(300)
    expect(records.some(({ value }) => String(value).includes('zorro'))).toBe(false)

    const recorder = await aRecorder(url)
    await recorder.recordAll(records.map((record) => ({ ...record, value: record.value })))
    expect(recorder.buried()).toEqual([])
    const [counted] = await recorder.sql<{ count: number }[]>`
      select count(*)::int as count from events.event`
    expect(counted?.count).toBe(300)
  })

  it('holds calls while the log is away, drops what is too much, and says how many', async () => {
    vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    onTestFinished(() => void vi.restoreAllMocks())
    const nobody = 'postgres://nobody@127.0.0.1:1/none'
    const capture = await openCallCapture(nobody, { apart })
    const took: number[] = []
    for (let round = 0; round < 11; round++) {
      for (const call of calls(1_000)) {
        const began = performance.now()
        capture.take(call, rules)
        took.push(performance.now() - began)
      }
    }
    expect(capture.dropped).toBe(1_000)
    expect(took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)]).toBeLessThan(5)
    const began = performance.now()
    await capture.close()
    expect(performance.now() - began).toBeLessThan(8_000)
  })
})

it('starts another thread when one dies, and counts what went with it', async () => {
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  onTestFinished(() => void vi.restoreAllMocks())
  const { url, read } = await aLog()
  const threads: Worker[] = []
  const file = new URL('../../shared/adapters/call-capture.ts', import.meta.url)
  const capture = captureApart({
    start: () => {
      const thread = new Worker(file, { workerData: { captureTo: url } })
      threads.push(thread)
      return thread
    },
  })
  capture.take(aCall({ id: 'before' }), rules)
  await capture.flush()
  expect(await read()).toHaveLength(1)

  capture.take(aCall({ id: 'lost' }), rules)
  await threads[0]?.terminate()
  await vi.waitFor(() => expect(threads).toHaveLength(2), PATIENCE)
  capture.take(aCall({ id: 'after' }), rules)
  await capture.close()

  const records = await read()
  const byId = new Map(records.map((each) => [each.headers.ce_id, JSON.parse(String(each.value))]))
  expect(byId.has('after')).toBe(true)
  // It may have waited on this side still, and gone to the second thread.
  const lost = byId.has('lost') ? 0 : 1
  expect(capture.dropped).toBe(lost)
  expect(byId.get('after')?.dropped_before ?? 0).toBe(lost)
})

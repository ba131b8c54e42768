import { once } from 'node:events'
import middy from '@middy/core'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest'
import { live } from '#functions/live/live.ts'
import { routes } from '#functions/live/schema.ts'
import { awslambda, ResponseStream } from '#local/lambda/response-stream.ts'
import { connect } from '#shared/adapters/postgres/connect.ts'
import { postgresRecordedEvents } from '#shared/adapters/postgres/recorded-events.ts'
import { postgresRecording } from '#shared/adapters/postgres/recording.ts'
import { postgresRecordingSignal } from '#shared/adapters/postgres/recording-signal.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { problem } from '#shared/middleware/problem.ts'
import { type StreamedResult, serveStream } from '#shared/middleware/serve-stream.ts'
import { streamResponse } from '#shared/middleware/stream-response.ts'
import { aKeyWith, callersOf } from '#test/support/access.ts'
import { aContext, anApiEvent } from '#test/support/api.ts'
import { freshDatabase } from '#test/support/database.ts'
import { anEvent, recordablesOf } from '#test/support/recordables.ts'

beforeAll(() => {
  vi.stubGlobal('awslambda', awslambda)
})
afterAll(() => {
  vi.unstubAllGlobals()
})

type Streaming = (event: unknown, stream: ResponseStream, context: unknown) => Promise<void>

/** The function `live` on a database of its own, with a recorder beside it. */
async function aLive() {
  const sql = connect(await freshDatabase(), { applicationName: 'test', max: 3 })
  onTestFinished(() => sql.end())
  const { snapshot, headers } = aKeyWith('reader')
  const now = () => new Date()
  const actions = live({
    events: postgresRecordedEvents(sql),
    recording: postgresRecordingSignal(sql),
    now,
  })
  const handler = middy<APIGatewayProxyEvent, StreamedResult>({ executionMode: streamResponse })
    .use(problem('live'))
    .use(authenticate(routes, callersOf(snapshot, now)))
    .handler(serveStream(routes, actions)) as unknown as Streaming

  const recording = postgresRecording(sql)
  const record = async (...ids: string[]) => {
    const events = ids.map((id) => anEvent({ id }))
    await recording.record(recordablesOf(events), [], async () => undefined)
  }

  /** Opens a stream; `received` grows as the client takes bytes. */
  const open = (url = '/live', more: Record<string, string> = headers, remainingMs = 60_000) => {
    const got = { head: undefined as Head | undefined, received: '', chunks: 0 }
    const stream = new ResponseStream({
      head: (prelude) => {
        got.head = prelude as Head
      },
      chunk: (bytes) => {
        got.received += Buffer.from(bytes).toString()
        got.chunks += 1
        if (client.takes) stream.drained(bytes.byteLength)
      },
      malformed: () => {
        throw new Error('malformed prelude')
      },
    })
    const client = { takes: true }
    const done = handler(anApiEvent({ url, headers: more }), stream, aContext(remainingMs))
    onTestFinished(async () => {
      stream.destroy()
      await done
    })
    return { got, stream, client, done }
  }
  return { open, record, headers }
}

type Head = { statusCode: number; headers: Record<string, string> }

const idsIn = (text: string) => [...text.matchAll(/"id":"(\w+)"/g)].map(([, id]) => id)

describe('the live stream', () => {
  it('sends what is recorded from now on, at once', async () => {
    const { open, record } = await aLive()
    await record('before')
    const { got } = open()
    await vi.waitFor(() => expect(got.received).toContain('retry:'))
    expect(got.head).toMatchObject({
      statusCode: 200,
      headers: { 'content-type': 'text/event-stream', traceparent: expect.any(String) },
    })
    // The first wait begins to listen; a second shows what the notification alone does.
    await record('first')
    await vi.waitFor(() => expect(idsIn(got.received)).toEqual(['first']), 3_000)
    const started = performance.now()
    await record('second')
    await vi.waitFor(() => expect(idsIn(got.received)).toEqual(['first', 'second']), {
      interval: 2,
    })
    expect(performance.now() - started).toBeLessThan(500)
  })

  it.each([
    { how: 'the header', url: '/live', headers: { 'Last-Event-ID': '1' } },
    { how: 'the parameter', url: '/live?last_event_id=1', headers: {} },
    {
      how: 'the header before the parameter',
      url: '/live?last_event_id=0',
      headers: { 'last-event-id': '1' },
    },
  ])('resumes by $how', async ({ url, headers }) => {
    const { open, record, headers: key } = await aLive()
    await record('a', 'b', 'c')
    const { got } = open(url, { ...key, ...headers })
    await vi.waitFor(() => expect(idsIn(got.received)).toEqual(['b', 'c']))
  })

  it('filters as /events does', async () => {
    const { open, record } = await aLive()
    await record('a')
    const nothing = open('/live?last_event_id=0&source=other')
    const everything = open('/live?last_event_id=0&source=agent&topic=hooks.execution')
    await vi.waitFor(() => expect(idsIn(everything.got.received)).toEqual(['a']))
    expect(idsIn(nothing.got.received)).toEqual([])
  })

  it('ends quietly when the client leaves', async () => {
    const { open } = await aLive()
    const { got, stream, done } = open()
    await vi.waitFor(() => expect(got.received).toContain('retry:'))
    const started = performance.now()
    stream.destroy()
    await expect(done).resolves.toBeUndefined()
    expect(performance.now() - started).toBeLessThan(500)
  })

  it('ends by itself before the function has to', async () => {
    const { open } = await aLive()
    const { stream, done } = open('/live', undefined, 4_000)
    await Promise.all([once(stream, 'finish'), done])
  })

  it('holds no more than a window for a client that takes nothing', async () => {
    const { open, record } = await aLive()
    for (let i = 0; i < 6; i++) {
      await record(...Array.from({ length: 100 }, (_, n) => `e${i}x${n}`))
    }
    const { got, client, stream } = open('/live?last_event_id=0')
    client.takes = false
    await vi.waitFor(() => expect(got.received.length).toBeGreaterThanOrEqual(65_536))
    const held = got.received.length
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(got.received.length).toBe(held)
    expect(held).toBeLessThan(80_000)
    client.takes = true
    stream.drained(held)
    await vi.waitFor(() => expect(idsIn(got.received)).toHaveLength(600), 5_000)
  })

  it.each([
    { what: 'without a key', url: '/live', headers: { authorization: '' }, status: 401 },
    { what: 'with an unknown parameter', url: '/live?colour=red', headers: {}, status: 422 },
    { what: 'with a wrong id', url: '/live', headers: { 'last-event-id': 'x' }, status: 422 },
    { what: 'with a negative id', url: '/live?last_event_id=-1', headers: {}, status: 422 },
  ])('is refused $what with $status', async ({ url, headers, status }) => {
    const { open, headers: key } = await aLive()
    const { got, done } = open(url, { ...key, ...headers })
    await done
    expect(got.head?.statusCode).toBe(status)
    expect(got.head?.headers).toMatchObject({
      'content-type': 'application/problem+json',
      traceparent: expect.any(String),
    })
    expect(JSON.parse(got.received).status).toBe(status)
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { dataNote, hasData, readJson } from '#test/support/hooks-data.ts'
import { eventually, type HttpClient, httpClient, settled } from '#test/support/http-client.ts'
import { type System, startSystem } from '#test/support/system.ts'

type CloudEvent = Readonly<{ id: string; source: string } & Record<string, unknown>>
type Suite<T> = Readonly<{ tests: readonly ({ id: string } & T)[] }>

const suite = <T>(name: string) =>
  hasData ? readJson<Suite<T>>(`cloudevents/${name}.json`).tests : []
const single = { headers: { 'content-type': 'application/cloudevents+json' } }
const batched = { headers: { 'content-type': 'application/cloudevents-batch+json' } }

/** Names that are no extension. */
const CORE = new Set(
  'specversion id source type subject time datacontenttype dataschema data data_base64'.split(' '),
)

describe.skipIf(!hasData)(`the CloudEvents conformance suite${dataNote}`, () => {
  let system: System
  let client: HttpClient

  beforeAll(async () => {
    system = await startSystem()
    client = httpClient(system.address, system.key)
  })
  afterAll(() => system.stop())

  const readBack = (id: string, source: string) =>
    eventually(`event ${id} is readable`, async () => {
      const path = `/events/${encodeURIComponent(id)}?source=${encodeURIComponent(source)}`
      const { status, body } = await client.get<RecordedEvent>(path)
      return status === 200 ? body : undefined
    })

  // The suite gives several events one identity, and an identity is recorded once.
  it.each(suite<{ event: CloudEvent }>('valid-events'))(
    'accepts $id and gives it back equal',
    async ({ id, event }) => {
      const sent = { ...event, id }
      const { status, body } = await client.post('/hooks', sent, single)
      expect(status, JSON.stringify(body)).toBe(202)
      expectEqual(await readBack(id, event.source), sent)
    },
  )

  it.each(suite<{ event: unknown }>('invalid-events'))('refuses $id', async ({ event }) => {
    const { status, headers, body } = await client.post('/hooks', event, single)
    expect(status, JSON.stringify(body)).toBeGreaterThanOrEqual(400)
    expect(status, JSON.stringify(body)).toBeLessThan(500)
    expect(headers.get('content-type')).toContain('application/problem+json')
  })

  it.each(suite<{ batch: readonly CloudEvent[] }>('valid-batches'))(
    'accepts $id and gives its events back equal',
    async ({ id, batch }) => {
      const sent = batch.map((event, at) => ({ ...event, id: `${id}-${at}` }))
      const { status, body } = await client.post('/hooks', sent, batched)
      expect(status, JSON.stringify(body)).toBe(202)
      for (const event of sent) expectEqual(await readBack(event.id, event.source), event)
    },
  )

  it.each(suite<{ batch: unknown }>('invalid-batches'))('refuses $id', async ({ batch }) => {
    const { status, body } = await client.post('/hooks', batch, batched)
    expect(status, JSON.stringify(body)).toBeGreaterThanOrEqual(400)
    expect(status, JSON.stringify(body)).toBeLessThan(500)
  })

  it('takes an event that is sent again for the same', async () => {
    const event = { specversion: '1.0', id: 'again', source: '/suite', type: 'io.cloudevents.test' }
    for (const _ of [1, 2, 3]) expect((await client.post('/hooks', event, single)).status).toBe(202)
    await settled(client)
    const recorded = await client.all<RecordedEvent>('/events?source=/suite')
    expect(recorded.map(({ id }) => id)).toEqual(['again'])
  })
})

/** What was sent is what is read; times as the same instant, extensions in their canonical text. */
function expectEqual(read: RecordedEvent, sent: CloudEvent): void {
  const { id, source, type, time, subject, datacontenttype, dataschema, data } = sent
  expect(read).toMatchObject({ id, source, type })
  expect(read.subject ?? undefined).toEqual(subject ?? undefined)
  expect(read.dataschema ?? undefined).toEqual(dataschema ?? undefined)
  expect(read.datacontenttype ?? undefined).toEqual(datacontenttype ?? undefined)
  expect(read.data).toEqual(data)
  if (typeof time === 'string') expect(Date.parse(read.time)).toBe(Date.parse(time))
  const extensions = Object.entries(sent).filter(([name]) => !CORE.has(name))
  const kept = Object.entries(read.extensions).map(([name, value]) => [name, String(value)])
  expect(Object.fromEntries(kept)).toMatchObject(
    Object.fromEntries(extensions.map(([name, value]) => [name, String(value)])),
  )
}

import { CloudEvent, HTTP } from 'cloudevents'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeHeaderValue } from '#shared/domain/cloudevents/header-value.ts'
import { cloudEventJson, extensionsOf } from '#shared/domain/cloudevents/json-format.ts'
import type { BridgeEvent } from '#shared/domain/events/event.ts'
import { fromRecord } from '#shared/domain/events/record.ts'
import type { FieldProblem } from '#shared/errors.ts'
import { receiver, type TestRequest } from '#test/support/intake.ts'

const minimal = { specversion: '1.0', id: '1', source: '/s', type: 't' }
const structured = { 'content-type': 'application/cloudevents+json' }
const binary = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't' }

async function stored(request: TestRequest): Promise<BridgeEvent> {
  const { post, records } = receiver()
  await post(request)
  const event = records[0] && fromRecord(records[0])
  if (!event) throw new Error('nothing was stored')
  return event
}

async function problems(request: TestRequest): Promise<readonly string[]> {
  const failure = await receiver()
    .post(request)
    .then(
      () => ({ errors: [] }),
      (error: { errors: readonly FieldProblem[] }) => error,
    )
  return failure.errors.map(({ pointer }) => pointer)
}

describe('the structured mode', () => {
  it.each<[string, object]>([
    ['integers, booleans and texts', { count: -2147483648, final: false, note: 'true' }],
    ['an empty extension', { note: '' }],
    ['names that intake stamps itself', { phase: 'moon', operation: 'pay', recordedtime: 'x' }],
    ['a stamped name with an integer', { durationms: 7 }],
    ['JSON null', { data: null }],
    ['a JSON text', { data: 'text' }],
    ['false', { data: false }],
    ['bytes', { data_base64: 'AAECAw==', datacontenttype: 'application/octet-stream' }],
    ['bytes of JSON', { data_base64: 'eyJhIjoxfQ==', datacontenttype: 'application/json' }],
    ['bytes without a media type', { data_base64: 'AAEC' }],
    ['no bytes', { data_base64: '' }],
    ['XML', { data: '<a/>', datacontenttype: 'application/xml' }],
    ['a text of bytes', { data: 'é', datacontenttype: 'application/octet-stream' }],
    ['an empty text', { data: '', datacontenttype: 'text/plain' }],
  ])('gives %s back as they were sent', async (_what, members) => {
    const sent = { ...minimal, ...members }
    expect(cloudEventJson(await stored({ body: sent, headers: structured }))).toEqual(sent)
  })

  it.each<[string, object]>([
    ['/count', { count: 2147483648 }],
    ['/count', { count: 1.5 }],
    ['/list', { list: [] }],
    ['/a~1b', { 'a/b': 'x' }],
    ['/source', { source: 'two words' }],
    ['/dataschema', { dataschema: 'relative' }],
    ['/data_base64', { data_base64: 'a' }],
    ['/data', { data: { a: 1 }, datacontenttype: 'text/plain' }],
    ['/sessionid', { sessionid: '' }],
    ['/traceparent', { traceparent: '00-0-0-00' }],
    ['/type', { type: 'line\nbreak' }],
    ['/time', { time: '0000-01-01T00:00:00Z' }],
  ])('names %s as wrong in %j', async (pointer, members) => {
    const body = { ...minimal, ...members }
    expect(await problems({ body, headers: structured })).toEqual([pointer])
  })

  it('names every wrong place of a batch by its place there', async () => {
    const headers = { 'content-type': 'application/cloudevents-batch+json' }
    expect(await problems({ body: [minimal, { ...minimal, id: 5, type: '' }], headers })).toEqual([
      '/1/id',
      '/1/type',
    ])
  })

  it('lets a sender say in the bridge’s terms what happened', async () => {
    const said = { operation: 'pay', phase: 'after', outcome: 'error', durationms: '12.5' }
    const { attributes } = await stored({ body: { ...minimal, ...said }, headers: structured })
    expect(attributes).toMatchObject(said)
  })

  it('takes secrets out of bytes that are JSON or text', async () => {
    const data_base64 = Buffer.from('{"password":"hunter2hunter2"}').toString('base64')
    const event = await stored({ body: { ...minimal, data_base64 }, headers: structured })
    expect(Buffer.from(event.body ?? '').toString()).not.toContain('hunter2')
    expect(event.attributes.redacted).toBe('1')
  })
})

describe('the binary mode', () => {
  it.each<[string, Record<string, string>, string | Uint8Array, unknown]>([
    ['JSON', { 'content-type': 'application/json' }, '{"a": 1}', { data: { a: 1 } }],
    ['JSON without a media type', { 'content-type': '' }, '[1]', { data: [1] }],
    ['text', { 'content-type': 'text/plain' }, 'é', { data: 'é' }],
    ['bytes', { 'content-type': 'image/png' }, Buffer.from([0, 255]), { data_base64: 'AP8=' }],
    ['no payload', {}, '', {}],
  ])('keeps %s', async (_what, headers, body, payload) => {
    const request = { headers: { ...binary, ...headers }, body }
    const { post, records } = receiver()
    await post(
      headers['content-type'] === ''
        ? { ...request, headers: { ...binary, 'content-type': undefined as unknown as string } }
        : request,
    )
    const event = records[0] && fromRecord(records[0])
    expect(event && cloudEventJson(event)).toMatchObject({ ...minimal, ...(payload as object) })
  })

  it.each<[string, string | undefined]>([
    ['Euro%20%E2%82%AC%20%F0%9F%98%80', 'Euro € 😀'],
    ['plain text', 'plain text'],
    ['"quoted \\"text\\""', 'quoted "text"'],
    ['%2525', '%25'],
    ['%C0%A0', undefined],
    ['%zz', undefined],
    ['100%', undefined],
    ['é', undefined],
  ])('reads the header value %s as %j', (sent, read) => {
    expect(decodeHeaderValue(sent)).toBe(read)
  })

  it('reads every text that is percent-encoded as the binding says', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(decodeHeaderValue(encodeURIComponent(text))).toBe(text)
      }),
    )
  })

  it.each<[Record<string, string>, readonly string[]]>([
    [{ 'ce-id': '' }, ['/id']],
    [{ 'ce-specversion': '0.3' }, ['/specversion']],
    [{ 'ce-subject': '%FF' }, ['/subject']],
    [{ 'ce-datacontenttype': 'text/plain' }, ['/datacontenttype']],
    [{ 'ce-my_name': 'x' }, ['/my_name']],
    [{ 'ce-time': 'lunchtime' }, ['/time']],
  ])('refuses %j', async (headers, pointers) => {
    expect(await problems({ headers: { ...binary, ...headers }, body: '1' })).toEqual(pointers)
  })

  it('reads header names in any case, and the sender’s trace before the request’s', async () => {
    const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const headers = { ...binary, 'CE-Traceparent': trace, traceparent: trace.replace('0af', '1af') }
    expect((await stored({ headers, body: '1' })).attributes.traceparent).toBe(trace)
  })
})

describe('the JavaScript SDK’s messages', () => {
  const sent = new CloudEvent({
    ...minimal,
    time: '2026-03-01T12:00:00.000Z',
    subject: 'one',
    datacontenttype: 'application/json; charset=utf-8',
    ext: 'text',
    data: { a: ['ö', 1] },
  })

  it.each(['structured', 'binary'] as const)('are read in %s mode', async (mode) => {
    const { headers, body } = HTTP[mode](sent)
    const event = await stored({ headers: headers as Record<string, string>, body })
    const { time, ...members } = cloudEventJson(event)
    expect(new CloudEvent({ ...members, time: String(time) }).toJSON()).toMatchObject(sent.toJSON())
    expect(extensionsOf(event)).toEqual({ ext: 'text' })
  })
})

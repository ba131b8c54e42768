import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBody } from '#shared/adapters/capture/decode-body.ts'
import { callEvent, MOST_CALL_BYTES } from '#shared/domain/calls/call-event.ts'
import {
  type CaptureRules,
  defaultCaptureRules,
  MOST_BODY_BYTES,
} from '#shared/domain/calls/capture-rules.ts'
import { ownEvent } from '#shared/domain/events/own-event.ts'
import { RECORD_LIMIT_BYTES, recordWeight } from '#shared/domain/record-size.ts'
import { redactor } from '#shared/domain/redaction/redactor.ts'
import { aCall, aMessage, jsonMessage } from '#test/support/calls.ts'

const redact = redactor()
const full: CaptureRules = { mode: 'full', maxBodyBytes: 1_000 }

const eventOf = (changes: Parameters<typeof aCall>[0], rules = full) =>
  callEvent(aCall(changes), rules, redact, decodeBody)

type Data = Readonly<{
  path: string
  query?: string
  request: Message
  response: Message
  fault?: unknown
}>
type Message = Readonly<{ headers: Record<string, unknown>; body?: string; digest?: string }>
const dataOf = (changes: Parameters<typeof aCall>[0], rules = full) =>
  eventOf(changes, rules).data as unknown as Data

describe("a call's event", () => {
  it('says what was called, how it went, and by what way', () => {
    expect(eventOf({ sessionId: 's1' })).toMatchInlineSnapshot(`
      {
        "at": 1795168800000000,
        "attributes": {
          "correlationid": "4bf92f3577b34da6a3ce929d0e0e4736",
          "phase": "point",
          "sessionid": "s1",
          "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        },
        "data": {
          "caller": {
            "id": "key-1",
            "kind": "key",
            "name": "billing",
          },
          "duration_ms": 5.25,
          "method": "GET",
          "operation": "invoices GET /invoices/{id}",
          "outcome": "ok",
          "path": "/invoices/42",
          "query": "page=2",
          "request": {
            "bytes": 0,
            "headers": {
              "accept": "application/json",
            },
          },
          "response": {
            "body": "{"id":42,"total":12.5}",
            "bytes": 22,
            "content_type": "application/json",
            "headers": {
              "content-type": "application/json",
            },
          },
          "route": {
            "attempts": [
              {
                "instance": "invoices-a",
                "ms": 4.5,
                "outcome": "ok",
              },
            ],
            "cache": "off",
            "instance": "invoices-a",
            "revision": 3,
            "stale": false,
            "version": "1.4.0",
            "wanted": "^1.2",
            "why": "highest version that satisfies ^1.2",
          },
          "service": "invoices",
          "status": 200,
          "timings": {
            "connect_ms": 0.4,
            "dns_ms": 0.1,
            "first_byte_ms": 4.2,
            "total_ms": 5.25,
            "upstream_ms": 4.5,
          },
        },
        "id": "01935a0e-7c00-7000-8000-000000000001",
        "source": "tool-proxy",
        "type": "tools.calls.completed",
      }
    `)
  })

  it.each([
    ['ok', 'tools.calls.completed'],
    ['error', 'tools.calls.failed'],
    ['cancelled', 'tools.calls.cancelled'],
  ] as const)('of outcome %s is a %s: a point at its start with its duration', (outcome, type) => {
    const { headers, topic } = ownEvent(eventOf({ outcome }))
    expect(topic).toBe('tools.calls')
    expect(headers).toMatchObject({
      ce_type: type,
      ce_phase: 'point',
      ce_outcome: outcome,
      ce_durationms: '5.25',
      ce_operation: 'invoices GET /invoices/{id}',
      ce_time: '2026-11-20T10:00:00.000000Z',
    })
  })

  it('names the fault where there was one', () => {
    const {
      response: _,
      status: __,
      ...failed
    } = aCall({
      outcome: 'error',
      fault: { kind: 'timeout', detail: 'no answer within 1000 ms' },
    })
    const { data } = callEvent(failed, full, redact)
    expect(data).toMatchObject({ fault: { kind: 'timeout', detail: 'no answer within 1000 ms' } })
    expect(data).not.toHaveProperty('response')
    expect(data).not.toHaveProperty('status')
  })
})

const SECRET = 'zorro-9f8e7d6c5b4a'
const JWT =
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJpYXQiOjE1MTYyMzkwMjJ9.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c'

describe('secrets of a call', () => {
  const json = { 'Content-Type': 'application/json' }
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
  it.each([
    ['a query', { target: `/a?access_token=${SECRET}&page=2` }],
    ['a query whose name is encoded', { target: `/a?access%5Ftoken=${SECRET}&page=2` }],
    ['a query of a signed URL', { target: `/a?sig=${SECRET}&page=2` }],
    ['a path, by the name before it', { target: `/reset-token/${SECRET}/x` }],
    ['Authorization', { request: aMessage({ headers: { Authorization: `Custom ${SECRET}` } }) }],
    ['Cookie', { request: aMessage({ headers: { Cookie: `sid=${SECRET}; theme=dark` } }) }],
    ['an API key header', { request: aMessage({ headers: { 'X-API-Key': SECRET } }) }],
    ['Proxy-Authorization', { request: aMessage({ headers: { 'proxy-authorization': SECRET } }) }],
    [
      'several Set-Cookie',
      { response: aMessage({ rawHeaders: ['Set-Cookie', 'a=1', 'Set-Cookie', `b=${SECRET}`] }) },
    ],
    ['Location', { response: aMessage({ headers: { Location: `/cb?code=1&token=${SECRET}` } }) }],
    ['JSON', { request: jsonMessage({ user: { password: SECRET } }) }],
    [
      'JSON, as a labelled value',
      { request: jsonMessage([{ name: 'DB_PASSWORD', value: SECRET }]) },
    ],
    [
      'JSON with a name twice',
      {
        request: aMessage({
          headers: json,
          body: `{"a":{"password":"${SECRET}"},"a":{"b":1}}`,
        }),
      },
    ],
    ['JSON that is none', { request: aMessage({ headers: json, body: `{"token":"${SECRET}",}` }) }],
    ['a form', { request: aMessage({ headers: form, body: `user=ada&password=${SECRET}` }) }],
    [
      'a form with encoded names',
      { request: aMessage({ headers: form, body: `user=ada&pass%77ord=${SECRET}` }) },
    ],
    [
      'compressed JSON',
      {
        response: aMessage({
          headers: { ...json, 'Content-Encoding': 'gzip' },
          body: gzipSync(JSON.stringify({ client_secret: SECRET })),
        }),
      },
    ],
    [
      "a fault's sentence",
      { fault: { kind: 'unreachable', detail: `https://ada:${SECRET}@example.com` } as const },
    ],
  ])('in %s are not on the log', (_, changes) => {
    const event = eventOf(changes)
    expect(JSON.stringify(event.data)).not.toContain(SECRET)
    expect(JSON.stringify(event.data)).toContain('[redacted:')
    expect(Number(event.attributes?.redacted)).toBeGreaterThan(0)
  })

  it.each([
    ['a path', { target: `/hooks/${JWT}` }],
    ['a path, encoded', { target: `/hooks/${JWT.replaceAll('.', '%2E')}` }],
    ['a text', { request: aMessage({ headers: { 'content-type': 'text/plain' }, body: JWT }) }],
  ])('are known by their shape in %s', (_, changes) => {
    expect(JSON.stringify(eventOf(changes).data)).toContain('[redacted:jwt]')
  })

  it('leave names, order and everything else as they were', () => {
    const { path, query } = dataOf({ target: `/a%20b/7?x=%C3%A9&token=${SECRET}&y&y=2` })
    expect(path).toBe('/a%20b/7')
    expect(query).toBe('x=%C3%A9&token=[redacted:key]&y&y=2')
  })

  it('take the digest of their body with them', () => {
    const digest = 'ab'.repeat(32)
    expect(dataOf({ request: jsonMessage({ a: 1 }, { digest }) }).request.digest).toBe(
      `sha-256:${digest}`,
    )
    const secret = jsonMessage({ password: 'hunter2' }, { digest })
    expect(dataOf({ request: secret }).request).not.toHaveProperty('digest')
  })

  it('that a cut went through leave nothing', () => {
    const token = `ghp_${'a1B2'.repeat(9)}`
    const whole = `{"note":"my token is ${token}"}`
    for (let keep = 0; keep <= whole.length; keep++) {
      const message = aMessage({ headers: json, body: whole, keep })
      expect(JSON.stringify(dataOf({ request: message }))).not.toContain('ghp_a')
    }
  })
})

describe('a body', () => {
  const text = { 'Content-Type': 'text/plain; charset=utf-8' }

  it.each([
    ['nothing is said of', {}],
    ['is binary', { 'Content-Type': 'application/octet-stream' }],
    ['is a form of parts', { 'Content-Type': 'multipart/form-data; boundary=x' }],
    ['has another charset', { 'Content-Type': 'text/plain; charset=utf-16' }],
    ['is coded in a way nobody knows', { ...text, 'Content-Encoding': 'aes128gcm' }],
    ['is not what it says', { ...text, 'Content-Encoding': 'gzip' }],
  ])('that %s is a size and a digest', (_, headers) => {
    const message = aMessage({ headers, body: Buffer.of(0xff, 0x00, 0x41), digest: 'cd' })
    const { request } = dataOf({ request: message })
    expect(request).toMatchObject({ bytes: 3, digest: 'sha-256:cd' })
    expect(request).not.toHaveProperty('body')
  })

  it('is cut between characters', () => {
    const body = 'äöü '.repeat(10)
    for (let keep = 1; keep < Buffer.byteLength(body); keep++) {
      const { request } = dataOf({ request: aMessage({ headers: text, body, keep }) })
      expect(request).toMatchObject({ body_cut: true })
      expect(body.startsWith(request.body ?? '-')).toBe(true)
    }
  })

  it('is not kept where metadata is enough', () => {
    const rules: CaptureRules = { mode: 'metadata', maxBodyBytes: 1_000 }
    const { request } = dataOf({ request: jsonMessage({ a: 1 }) }, rules)
    expect(request).not.toHaveProperty('body')
    expect(request).toMatchObject({ bytes: 7, content_type: 'application/json' })
  })

  it('that was compressed is shown unpacked, up to the limit', () => {
    const body = gzipSync('word '.repeat(1_000))
    const message = aMessage({ headers: { ...text, 'Content-Encoding': 'gzip' }, body })
    const { request } = dataOf({ request: message })
    expect(request.body).toBe('word '.repeat(200))
    expect(request).toMatchObject({ bytes: body.byteLength, body_cut: true })
  })

  it('that unpacks to very much is not unpacked', () => {
    const body = gzipSync(Buffer.alloc(50_000_000))
    const message = aMessage({ headers: { ...text, 'Content-Encoding': 'gzip' }, body })
    expect(dataOf({ request: message }).request).not.toHaveProperty('body')
  })
})

describe('the record of a call', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300_000, size: 'max' }),
    fc.constantFrom(
      Buffer.alloc(MOST_BODY_BYTES, 0x01),
      Buffer.alloc(MOST_BODY_BYTES, 'é'),
      Buffer.from('token=1 '.repeat(MOST_BODY_BYTES / 8)),
    ),
  )
  const message = fc
    .record({
      body: bytes,
      type: fc.constantFrom('text/plain', 'application/json', 'application/x-www-form-urlencoded'),
      headers: fc.array(fc.string({ maxLength: 60_000, size: 'max' }), { maxLength: 8 }),
    })
    .map(({ body, type, headers }) =>
      aMessage({ body, rawHeaders: ['content-type', type, ...headers] }),
    )

  it('fits the log whatever its bodies and headers are', () => {
    fc.assert(
      fc.property(
        fc.record({
          request: message,
          response: message,
          target: fc.string({ maxLength: 20_000, size: 'max' }).map((path) => `/${path}`),
          operation: fc.string({ maxLength: 400, size: 'max' }),
          correlationId: fc.string({ maxLength: 9_000, size: 'max' }),
        }),
        (changes) => {
          const rules = { ...defaultCaptureRules, maxBodyBytes: MOST_BODY_BYTES }
          const event = eventOf(changes, rules)
          expect(Buffer.byteLength(JSON.stringify(event.data))).toBeLessThanOrEqual(MOST_CALL_BYTES)
          expect(recordWeight(ownEvent(event))).toBeLessThanOrEqual(RECORD_LIMIT_BYTES)
        },
      ),
      { numRuns: 30 },
    )
  })
})

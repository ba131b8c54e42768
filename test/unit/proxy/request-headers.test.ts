import { describe, expect, it } from 'vitest'
import { readRequestHead } from '#shared/domain/proxy/request-head.ts'
import { type Onward, onwardHeaders } from '#shared/domain/proxy/request-headers.ts'

const standard: Onward = {
  origin: { address: '10.1.2.3', scheme: 'http', host: 'bridge.test' },
  httpVersion: '1.1',
  credential: 'x-api-key',
  host: '127.0.0.1:8080',
  framing: 'none',
  correlationId: 'c-1',
  traceparent: '00-trace-span-01',
  traceContinues: true,
  deadline: undefined,
  baggage: undefined,
}

/** The headers that go on, as lines. */
function onward(headers: readonly string[], changes: Partial<Onward> = {}): string[] {
  const head = readRequestHead(headers, '1.1')
  if (head.type === 'refusal') throw new Error(head.detail)
  const made = onwardHeaders(headers, head, { ...standard, ...changes })
  return made.flatMap((name, at) => (at % 2 === 0 ? [`${name}: ${made[at + 1]}`] : []))
}

const added = [
  'X-Correlation-ID: c-1',
  'traceparent: 00-trace-span-01',
  'Forwarded: for=10.1.2.3;host=bridge.test;proto=http',
  'X-Forwarded-For: 10.1.2.3',
  'Via: 1.1 omninode-bridge',
]

/** What is left of headers beside what is always there. */
const passed = (headers: readonly string[], changes: Partial<Onward> = {}) =>
  onward(headers, changes).filter(
    (line) => line !== 'Host: 127.0.0.1:8080' && !added.includes(line),
  )

describe('headers on their way to an instance', () => {
  it('keep their case and order', () => {
    expect(
      onward(['accept', '*/*', 'X-UPPER', '1', 'x-lower', '2', 'accept', 'text/plain']),
    ).toEqual([
      'Host: 127.0.0.1:8080',
      'accept: */*',
      'X-UPPER: 1',
      'x-lower: 2',
      'accept: text/plain',
      ...added,
    ])
  })

  it.each([
    ['Connection', 'keep-alive'],
    ['Keep-Alive', 'timeout=5'],
    ['Proxy-Connection', 'keep-alive'],
    ['Proxy-Authorization', 'Basic x'],
    ['Proxy-Authenticate', 'Basic'],
    ['Proxy', 'http://evil.test'],
    ['TE', 'trailers'],
    ['Trailer', 'X-Sum'],
    ['Upgrade', 'websocket'],
    ['HTTP2-Settings', 'AAMAAABkAARAAAAAAAIAAAAA'],
    ['Expect', '100-continue'],
  ])('leave out %s, which is for this hop (RFC 9110, 7.6.1)', (name, value) => {
    expect(passed([name, value])).toEqual([])
    expect(passed([name.toLowerCase(), value])).toEqual([])
  })

  it('leave out what Connection names, whatever that is but the framing', () => {
    const headers = ['Connection', 'close, X-Hop, Content-Length, Cookie, baggage']
    const others = [
      'X-Hop',
      '1',
      'Content-Length',
      '3',
      'Cookie',
      'a=1',
      'baggage',
      'b=1',
      'X-End',
      '2',
    ]
    expect(passed([...headers, ...others], { framing: 3 })).toEqual([
      'X-End: 2',
      'Content-Length: 3',
    ])
  })

  it('cannot have the bridge leave out its own by naming it', () => {
    const headers = ['Connection', 'Forwarded, Via, X-Forwarded-For, traceparent, X-Correlation-ID']
    expect(onward(headers)).toEqual(['Host: 127.0.0.1:8080', ...added])
  })

  it('have the authority of the instance, and the caller one in Forwarded', () => {
    const lines = onward(['Host', 'bridge.test'])
    expect(lines.filter((line) => /^host:/i.test(line))).toEqual(['Host: 127.0.0.1:8080'])
  })

  it.each([
    ['x-api-key', ['Authorization: Bearer own']],
    ['authorization', ['X-API-Key: k']],
    ['certificate', ['Authorization: Bearer own', 'X-API-Key: k']],
  ] as const)(
    'leave out the credential %s that proved who calls, and only that',
    (credential, left) => {
      const headers = ['Authorization', 'Bearer own', 'X-API-Key', 'k']
      expect(passed(headers, { credential })).toEqual(left)
    },
  )

  it('append to Forwarded, X-Forwarded-For and Via', () => {
    const before = ['Forwarded', 'for=192.0.2.1', 'X-Forwarded-For', '192.0.2.1', 'Via', '1.0 edge']
    expect(onward(before)).toEqual([
      'Host: 127.0.0.1:8080',
      'Forwarded: for=192.0.2.1',
      'X-Forwarded-For: 192.0.2.1',
      'Via: 1.0 edge',
      ...added,
    ])
  })

  it('name the version of HTTP that the request came in', () => {
    expect(onward([], { httpVersion: '1.0' })).toContain('Via: 1.0 omninode-bridge')
  })

  it('quote what Forwarded can not hold as it is (RFC 7239, 4)', () => {
    const origin = { address: '::1', scheme: 'https', host: 'bridge.test:8443' } as const
    expect(onward([], { origin })).toContain(
      'Forwarded: for="[::1]";host="bridge.test:8443";proto=https',
    )
  })

  it('have cookies in one line (RFC 9113, 8.2.3)', () => {
    const crumbs = ['cookie', 'a=1', 'X-Between', '1', 'cookie', 'b=2; c=3']
    expect(passed(crumbs)).toEqual(['cookie: a=1; b=2; c=3', 'X-Between: 1'])
  })

  it('continue the trace, and let go of the state of one that is none', () => {
    const headers = ['traceparent', 'x', 'tracestate', 'a=1']
    expect(passed(headers)).toEqual(['tracestate: a=1'])
    expect(passed(headers, { traceContinues: false })).toEqual([])
  })

  it('carry the deadline of the caller on as it is, or the one of the bridge', () => {
    expect(passed(['X-Deadline', '2026-11-24T10:00:00Z'])).toEqual([
      'X-Deadline: 2026-11-24T10:00:00Z',
    ])
    expect(passed([], { deadline: 1_700_000_000_000.4 })).toEqual(['X-Deadline: 1700000000000'])
  })

  it('have the baggage with what was pinned', () => {
    expect(passed(['baggage', 'a=1'], { baggage: 'a=1,b=2' })).toEqual(['baggage: a=1,b=2'])
  })

  it.each([
    ['5', '4'],
    ['1', '0'],
    ['0', '0'],
    ['many', 'many'],
  ])('count Max-Forwards from %s to %s (RFC 9110, 7.6.2)', (given, left) => {
    expect(passed(['Max-Forwards', given])).toEqual([`Max-Forwards: ${left}`])
  })

  it('say where the body ends as this side knows it', () => {
    expect(passed(['Content-Length', '10'], { framing: 12 })).toEqual(['Content-Length: 12'])
    expect(passed(['content-length', '10'], { framing: 10 })).toEqual(['content-length: 10'])
    expect(passed(['Transfer-Encoding', 'chunked'], { framing: 'chunked' })).toEqual([
      'Transfer-Encoding: chunked',
    ])
    expect(passed(['Transfer-Encoding', 'chunked'], { framing: 7 })).toEqual(['Content-Length: 7'])
    expect(passed([], { framing: 0 })).toEqual(['Content-Length: 0'])
  })
})

import { describe, expect, it } from 'vitest'
import { readRequestHead } from '#shared/domain/proxy/request-head.ts'

const read = (headers: readonly string[], version = '1.1') => readRequestHead(headers, version)

describe('a request that two readers could read differently', () => {
  it.each([
    ['two hosts (RFC 9112, 3.2)', ['Host', 'a', 'Host', 'a'], 400],
    ['a host with user information', ['Host', 'user@a'], 400],
    ['a host with a path', ['Host', 'a/b'], 400],
    ['two hosts in one', ['Host', 'a, b'], 400],
    [
      'a length beside a coding (RFC 9112, 6.3)',
      ['Content-Length', '3', 'Transfer-Encoding', 'chunked'],
      400,
    ],
    ['a coding beside a length', ['Transfer-Encoding', 'chunked', 'Content-Length', '3'], 400],
    ['two lengths (RFC 9112, 6.3)', ['Content-Length', '3', 'Content-Length', '4'], 400],
    ['the same length twice', ['Content-Length', '3', 'Content-Length', '3'], 400],
    ['a list of lengths', ['Content-Length', '3, 3'], 400],
    ['a signed length', ['Content-Length', '+3'], 400],
    ['a hexadecimal length', ['Content-Length', '0x3'], 400],
    ['a length beyond numbers', ['Content-Length', '9'.repeat(20)], 400],
    ['an empty length', ['Content-Length', ''], 400],
    ['a coding that is unknown (RFC 9112, 6.1)', ['Transfer-Encoding', 'gzip'], 501],
    ['a coding before chunked', ['Transfer-Encoding', 'gzip, chunked'], 501],
    ['a coding in disguise', ['Transfer-Encoding', 'xchunked'], 501],
    ['chunked twice', ['Transfer-Encoding', 'chunked', 'Transfer-Encoding', 'chunked'], 400],
    ['identity', ['Transfer-Encoding', 'identity'], 501],
    ['a space in a name (RFC 9112, 5.1)', ['Content-Length ', '3'], 400],
    ['a colon in a name', ['a:b', '1'], 400],
    ['no name', ['', '1'], 400],
    ['a name outside ASCII', ['Größe', '1'], 400],
    ['a line feed in a value (RFC 9110, 5.5)', ['A', 'b\nHost: c'], 400],
    ['a carriage return in a value', ['A', 'b\rc'], 400],
    ['a NUL in a value', ['A', 'b\0'], 400],
    ['a character that is no byte', ['A', '\u2603'], 400],
    ['an expectation that is unknown (RFC 9110, 10.1.1)', ['Expect', '200-ok'], 417],
    ['more headers than Node passes on', Array(501).fill(['a', 'b']).flat(), 431],
  ])('%s is refused', (_, headers, status) => {
    expect(read(headers)).toMatchObject({ type: 'refusal', status, fault: undefined })
  })

  it('is one with a transfer coding in HTTP/1.0, which has none', () => {
    expect(read(['Transfer-Encoding', 'chunked'], '1.0')).toMatchObject({ status: 400 })
  })
})

describe('what is read of a request', () => {
  it.each([
    ['a name', ['Host', 'bridge.test:3000']],
    ['an address', ['Host', '[::1]:3000']],
    ['no host, as HTTP/1.0 may have it', []],
    ['an empty host', ['Host', '']],
    ['a value with bytes above ASCII', ['A', 'caf\u00e9']],
    ['a tab in a value', ['A', 'b\tc']],
    ['every character of a token', ["!#$%&'*+-.^_`|~09azAZ", '1']],
  ])('%s is fine', (_, headers) => {
    expect(read(headers)).toMatchObject({ type: 'head' })
  })

  it('is where the body ends', () => {
    expect(read(['content-length', '12'])).toMatchObject({ contentLength: 12, chunked: false })
    expect(read(['Transfer-Encoding', 'Chunked'])).toMatchObject({ chunked: true })
  })

  it('are the names that Connection gives, in lower case', () => {
    const head = read(['Connection', 'close, X-Hop', 'connection', ' ,Other'])
    expect(head).toMatchObject({ connection: ['close', 'x-hop', 'other'] })
    expect(read(['Connection', 'keep-alive'])).toMatchObject({ connection: [] })
  })

  it('is leave to send, which HTTP/1.0 does not wait for', () => {
    expect(read(['Expect', '100-Continue'])).toMatchObject({ expectsContinue: true })
    expect(read(['Expect', '100-continue'], '1.0')).toMatchObject({ expectsContinue: false })
  })

  it('are lines of one name as one value', () => {
    const head = read(['baggage', 'a=1', 'Baggage', 'b=2', 'X-API-Key', 'k', 'x-api-key', 'l'])
    expect(head).toMatchObject({ values: { baggage: 'a=1,b=2', 'x-api-key': 'k,l' } })
  })
})

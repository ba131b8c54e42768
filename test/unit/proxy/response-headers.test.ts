import { describe, expect, it } from 'vitest'
import { answerHeaders } from '#shared/domain/proxy/response-headers.ts'

describe('headers on their way to the caller', () => {
  it('keep their case and order, Set-Cookie line by line', () => {
    const given = ['date', 'x', 'Set-Cookie', 'a=1, b', 'X-A', '1', 'Set-Cookie', 'c=2']
    expect(answerHeaders(given, 200, ['X-Own', '1'])).toEqual([
      ...given,
      ...['Via', '1.1 omninode-bridge', 'X-Own', '1'],
    ])
  })

  it.each([
    'Connection',
    'Keep-Alive',
    'Proxy-Authenticate',
    'Proxy-Authentication-Info',
    'TE',
    'Trailer',
    'Transfer-Encoding',
    'Upgrade',
  ])('leave out %s, which is for the hop between (RFC 9110, 7.6.1)', (name) => {
    expect(answerHeaders([name, 'x'], 200, [])).toEqual(['Via', '1.1 omninode-bridge'])
  })

  it('leave out what Connection names, but not where the body ends', () => {
    const given = ['X-Hop', '1', 'Content-Length', '2', 'Connection', 'x-hop, content-length']
    expect(answerHeaders(given, 200, []).slice(0, -2)).toEqual(['Content-Length', '2'])
  })

  it.each([
    'Served-Version',
    'X-Bridge-Instance',
    'X-Bridge-Stale',
    'traceparent',
    'X-Correlation-ID',
  ])('do not let an instance speak as the bridge by %s', (name) => {
    expect(answerHeaders([name, 'x'], 200, [name, 'ours']).slice(-2)).toEqual([name, 'ours'])
    expect(answerHeaders([name, 'x'], 200, [])).toHaveLength(2)
  })

  it('append to Via and Server-Timing', () => {
    const given = ['Via', '1.1 other', 'Server-Timing', 'db;dur=1']
    expect(answerHeaders(given, 200, ['Server-Timing', 'bridge;dur=1'])).toEqual([
      ...given,
      ...['Via', '1.1 omninode-bridge', 'Server-Timing', 'bridge;dur=1'],
    ])
  })

  it.each([
    [204, false],
    [304, true],
    [200, true],
  ])('of a %i keep the length: %s (RFC 9110, 8.6)', (status, isKept) => {
    expect(answerHeaders(['Content-Length', '5'], status, []).includes('5')).toBe(isKept)
  })
})

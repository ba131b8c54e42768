import { describe, expect, it } from 'vitest'
import { baggageMember } from '#shared/domain/proxy/baggage.ts'
import { correlationOf, sessionOf } from '#shared/domain/proxy/correlation.ts'
import { readDeadline } from '#shared/domain/proxy/deadline.ts'
import { problemBody, refusal, statusOf } from '#shared/domain/proxy/refusal.ts'

describe('a deadline', () => {
  it.each([
    ['1700000000000', 1_700_000_000_000],
    ['2023-11-14T22:13:20Z', 1_700_000_000_000],
    ['2023-11-14T23:13:20.500+01:00', 1_700_000_000_500],
    ['tomorrow', undefined],
    ['-5', undefined],
    ['1e3', undefined],
    ['2023-02-30T00:00:00Z', undefined],
    [undefined, undefined],
  ])('%s is %s', (given, at) => {
    expect(readDeadline(given)).toBe(at)
  })
})

describe('ids that go through', () => {
  const trace = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  it.each([
    ['order-1', 'order-1'],
    [undefined, '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['with space', '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['x'.repeat(129), '4bf92f3577b34da6a3ce929d0e0e4736'],
    ['', '4bf92f3577b34da6a3ce929d0e0e4736'],
  ])('correlate %s as %s', (given, id) => {
    expect(correlationOf(given, trace)).toBe(id)
  })

  it('are no session where they are none', () => {
    expect([sessionOf('s-1'), sessionOf('a b'), sessionOf(undefined)]).toEqual([
      's-1',
      undefined,
      undefined,
    ])
  })

  it.each([
    ['omninode-session=s-1', 's-1'],
    ['a=1, omninode-session = s%201;p=2 ,b=2', 's 1'],
    ['omninode-session-other=x', undefined],
    ['omninode-session=%', undefined],
    [undefined, undefined],
  ])('come out of baggage %s as %s', (baggage, value) => {
    expect(baggageMember(baggage, 'omninode-session')).toBe(value)
  })
})

describe('what a fault is answered with', () => {
  it.each([
    ['no-service', 503],
    ['no-instance', 503],
    ['circuit-open', 503],
    ['timeout', 504],
    ['unreachable', 502],
    ['no-version', 406],
    ['rate-limited', 429],
    ['forbidden', 403],
    ['too-large', 413],
  ] as const)('%s is a %i', (fault, status) => {
    expect(statusOf(fault)).toBe(status)
  })

  it('is problem details with a type of their own, which members can not overwrite', () => {
    const made = refusal('circuit-open', 'Open.', { members: { status: 200, until: 1 } })
    expect(JSON.parse(problemBody(made, 'id-1'))).toEqual({
      type: 'urn:omninode:problem:circuit-open',
      title: 'Service Unavailable',
      status: 503,
      detail: 'Open.',
      instance: 'urn:uuid:id-1',
      until: 1,
    })
  })
})

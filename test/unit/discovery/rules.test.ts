import { describe, expect, it } from 'vitest'
import { consulSettings } from '#shared/adapters/consul/settings.ts'
import { findKeyProblem, findPrefixProblem } from '#shared/domain/discovery/key-problems.ts'
import { findTermsProblem, renewalMs } from '#shared/domain/discovery/lock-terms.ts'
import { nextWatchIndex } from '#shared/domain/discovery/watch-index.ts'

describe('the index of a blocking query', () => {
  it.each([
    { asked: 0, answered: 5, next: 5, when: 'it is the first' },
    { asked: 5, answered: 5, next: 5, when: 'nothing changed' },
    { asked: 5, answered: 9, next: 9, when: 'something changed' },
    { asked: 9, answered: 5, next: 0, when: 'it went back' },
    { asked: 0, answered: 0, next: 1, when: 'it is 0, which would not block' },
    { asked: 0, answered: Number.NaN, next: 1, when: 'there is none' },
    { asked: 5, answered: -1, next: 0, when: 'it is negative after a positive one' },
  ])('goes from $asked to $next when $answered is answered: $when', ({ asked, answered, next }) => {
    expect(nextWatchIndex(asked, answered)).toBe(next)
  })
})

describe('a prefix of keys', () => {
  it.each(['', 'a', 'a/', 'a/b', 'a/b/'])("may be '%s'", (prefix) => {
    expect(findPrefixProblem(prefix)).toBeUndefined()
  })

  it.each(['/', 'a//', '../', '.locks/'])("may not be '%s'", (prefix) => {
    expect(findPrefixProblem(prefix)).toBeDefined()
  })

  it('may be as long as a key', () => {
    expect(findKeyProblem('k'.repeat(512))).toBeUndefined()
    expect(findKeyProblem('k'.repeat(513))).toBeDefined()
  })
})

describe('the terms of a lock', () => {
  it.each([
    { ttlMs: 10_000, lockDelayMs: 0, isRight: true },
    { ttlMs: 86_400_000, lockDelayMs: 60_000, isRight: true },
    { ttlMs: 9_999, lockDelayMs: 0, isRight: false },
    { ttlMs: 86_400_001, lockDelayMs: 0, isRight: false },
    { ttlMs: 10_000, lockDelayMs: -1, isRight: false },
    { ttlMs: Number.NaN, lockDelayMs: 0, isRight: false },
  ])('of $ttlMs ms and $lockDelayMs ms: $isRight', ({ isRight, ...terms }) => {
    expect(findTermsProblem(terms) === undefined).toBe(isRight)
  })

  it('leave time for three renewals', () => {
    expect(renewalMs({ ttlMs: 30_000, lockDelayMs: 0 })).toBe(10_000)
  })
})

describe("Consul's address", () => {
  it.each([
    ['http://consul:8500', { secure: false, host: 'consul', port: 8_500 }],
    ['http://consul', { secure: false, host: 'consul', port: 8_500 }],
    ['https://consul.internal', { secure: true, host: 'consul.internal', port: 8_501 }],
    ['https://127.0.0.1:21061/', { secure: true, host: '127.0.0.1', port: 21_061 }],
  ])('may be %s', (address, expected) => {
    expect(consulSettings({ CONSUL_HTTP_ADDR: address })).toEqual({
      ...{ ...expected, token: undefined, ca: undefined },
    })
  })

  it.each([
    undefined,
    '',
    'consul:8500',
    'unix:///consul.sock',
    'http://user:secret@consul',
    'http://consul/path',
    'http://[::1]:8500',
  ])('may not be %s, and is not repeated, for it may hold a secret', (address) => {
    const read = () => consulSettings({ CONSUL_HTTP_ADDR: address })
    expect(read).toThrow(expect.objectContaining({ kind: 'InvalidInput' }))
    expect(read).not.toThrow('secret')
  })

  it('comes with a token, and with an authority as text or as a file', () => {
    const text = '-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n'
    const rest = { CONSUL_HTTP_ADDR: 'https://consul', CONSUL_HTTP_TOKEN: 't' }
    expect(consulSettings({ ...rest, CONSUL_CACERT: text })).toMatchObject({ ca: text, token: 't' })
    const missing = { ...rest, CONSUL_CACERT: '/nowhere/ca.pem' }
    expect(() => consulSettings(missing)).toThrow('/nowhere/ca.pem')
  })
})

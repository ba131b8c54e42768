import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fromConsulEntry, toConsulService } from '#shared/domain/discovery/consul-service.ts'
import { checkUrl, type HealthCheck, type Registration } from '#shared/domain/discovery/instance.ts'
import { findInstanceProblems } from '#shared/domain/discovery/instance-problems.ts'
import { packWords, unpackWords } from '#shared/domain/discovery/packed-words.ts'
import { aRegistration } from '#test/support/discovery.ts'

const pointers = (changes: Partial<Registration>) =>
  findInstanceProblems(aRegistration(changes)).map(({ pointer }) => pointer)
const http: HealthCheck = {
  ...{ kind: 'http', scheme: 'http', path: '/', intervalMs: 10_000, timeoutMs: 1_000 },
}

describe('a registration', () => {
  it.each<[string, Partial<Registration>]>([
    ['an IPv4 address', { address: '10.0.0.1' }],
    ['an IPv6 address', { address: '2001:db8::1' }],
    ['a host name', { address: 'ip-10-0-0-1.eu-central-1.compute.internal' }],
    ['a pre-release and a build', { version: '1.0.0-alpha.1+20130313144700' }],
    ['an id with dots', { id: 'i-0abc.1' }],
    ['many capabilities', { capabilities: Array.from({ length: 256 }, (_, nr) => `c${nr}`) }],
    ['a value of 512 bytes', { meta: { a: 'é'.repeat(256) } }],
    ['a key of 128 characters', { meta: { ['k'.repeat(128)]: '' } }],
    ['a check that removes after a minute', { check: { ...http, removeAfterMs: 60_000 } }],
  ])('may have %s', (_, changes) => {
    expect(pointers(changes)).toEqual([])
  })

  it.each<[string, Partial<Registration>, string]>([
    ['an upper-case service', { service: 'Web' }, '/service'],
    ['a service of 64 characters', { service: 'a'.repeat(64) }, '/service'],
    ['a service with a colon', { service: 'a:b' }, '/service'],
    ['an upper-case id', { id: 'A' }, '/id'],
    ['an id with a slash', { id: 'a/b' }, '/id'],
    ['an empty address', { address: '' }, '/address'],
    ['an address with a port', { address: 'host:80' }, '/address'],
    ['an address with a path', { address: 'host/path' }, '/address'],
    ['a bracketed address', { address: '[::1]' }, '/address'],
    ['port 0', { port: 0 }, '/port'],
    ['port 65536', { port: 65_536 }, '/port'],
    ['half a port', { port: 1.5 }, '/port'],
    ['a version with a leading zero', { version: '1.02.0' }, '/version'],
    ['a version with a v', { version: 'v1.0.0' }, '/version'],
    ['a tag with a space', { tags: ['a b'] }, '/tags'],
    ['65 tags', { tags: Array.from({ length: 65 }, () => 'a') }, '/tags'],
    ['an empty capability', { capabilities: [''] }, '/capabilities'],
    ['a value of 513 bytes', { meta: { a: `x${'é'.repeat(256)}` } }, '/meta/a'],
    ['half a surrogate', { meta: { a: '\ud800' } }, '/meta/a'],
    ['a key with a slash', { meta: { 'a/b~': '' } }, '/meta/a~1b~0'],
    ['a key of 129 characters', { meta: { ['k'.repeat(129)]: '' } }, `/meta/${'k'.repeat(129)}`],
    ['a key of Consul', { meta: { 'consul-x': '' } }, '/meta/consul-x'],
    ['a key of ours', { meta: { 'capabilities-2': '' } }, '/meta/capabilities-2'],
    ['a TTL below a second', { check: { kind: 'ttl', ttlMs: 999 } }, '/check/ttl_ms'],
    ['an interval below a second', { check: { ...http, intervalMs: 1 } }, '/check/interval_ms'],
    ['no time-out', { check: { ...http, timeoutMs: 0 } }, '/check/timeout_ms'],
    ['a check elsewhere', { check: { ...http, path: 'http://169.254.169.254/' } }, '/check/http'],
    ['a check by another user', { check: { ...http, path: '@elsewhere/' } }, '/check/http'],
    ['an early removal', { check: { ...http, removeAfterMs: 59_999 } }, '/check/remove_after_ms'],
  ])('may not have %s', (_, changes, pointer) => {
    expect(pointers(changes)).toEqual([pointer])
  })

  it('counts the pairs that its own fields take', () => {
    const pairs = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, nr) => [`k${nr}`, '']))
    expect(pointers({ meta: pairs(62) })).toEqual([])
    expect(pointers({ meta: pairs(63) })).toEqual(['/meta'])
    expect(pointers({ meta: pairs(62), capabilities: ['a'] })).toEqual(['/meta'])
  })

  it('is asked for its health at its own address', () => {
    const check = { ...http, scheme: 'https' as const, path: '/health?deep=1' }
    expect(checkUrl({ address: '::1', port: 8_443 }, check)).toBe(
      'https://[::1]:8443/health?deep=1',
    )
    expect(checkUrl({ address: 'web', port: 80 }, http)).toBe('http://web:80/')
  })
})

const word = fc.stringMatching(/^[!-~]{1,128}$/)

describe('an instance in Consul', () => {
  it('comes back as it went', () => {
    const instance = fc.record({
      service: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,10}[a-z0-9]$/),
      id: fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,10}[a-z0-9]$/),
      address: fc.ipV6(),
      port: fc.integer({ min: 1, max: 65_535 }),
      version: fc.constantFrom('0.0.1', '1.2.3-rc.1+b'),
      protocol: fc.constantFrom('http', 'grpc'),
      capabilities: fc.array(word, { maxLength: 64 }),
      tags: fc.array(word, { maxLength: 64 }),
      meta: fc.dictionary(fc.stringMatching(/^m[A-Za-z0-9_-]{0,20}$/), fc.string(), {
        ...{ maxKeys: 20, noNullPrototype: true },
      }),
    })
    fc.assert(
      fc.property(instance, (one) => {
        const { id: ID, name: Service, address, port, tags, meta } = toConsulService(one)
        expect(Object.keys(meta).length).toBeLessThanOrEqual(64)
        for (const value of Object.values(meta)) {
          if (!Object.values(one.meta).includes(value)) expect(value.length).toBeLessThan(513)
        }
        const entry = {
          Node: { Node: 'n', Address: '10.0.0.9' },
          Service: { ID, Service, Address: address, Port: port, Tags: tags, Meta: meta },
          Checks: [],
        }
        expect(fromConsulEntry(entry)).toEqual({ ...one, health: 'passing', reason: '' })
      }),
    )
  })

  it('is read as far as it goes when others registered it', () => {
    const Service = {
      ID: 'Legacy_1',
      Service: 'db',
      Address: '',
      Port: 5_432,
      Tags: null,
      Meta: null,
    }
    const entry = { Node: { Node: 'n', Address: '10.0.0.9' }, Service, Checks: [] }
    expect(fromConsulEntry(entry)).toEqual({
      ...{ service: 'db', id: 'Legacy_1', address: '10.0.0.9', port: 5_432 },
      ...{ version: '0.0.0', protocol: 'http', capabilities: [], tags: [], meta: {} },
      ...{ health: 'passing', reason: '' },
    })
  })

  it('is as well as the worst of its checks and its node', () => {
    const check = (CheckID: string, Status: string) => ({
      ...{ CheckID, Status, Output: `${CheckID} says`, Notes: `${CheckID} notes` },
    })
    const health = (...Checks: ReturnType<typeof check>[]) => {
      const Service = { ID: 'a', Service: 'a', Address: '', Port: 1, Tags: [], Meta: {} }
      const { health, reason } = fromConsulEntry({
        ...{ Node: { Node: 'n', Address: 'n' }, Service, Checks },
      })
      return [health, reason]
    }
    const node = check('serfHealth', 'passing')
    const maintenance = check('_service_maintenance:a', 'critical')
    expect(health(node, check('ttl:a', 'passing'))).toEqual(['passing', ''])
    expect(health(node, check('ttl:a', 'warning'))).toEqual(['warning', 'ttl:a says'])
    expect(health(check('w', 'warning'), check('c', 'critical'))).toEqual(['critical', 'c says'])
    expect(health(check('c', 'critical'), maintenance)).toEqual([
      'maintenance',
      '_service_maintenance:a notes',
    ])
    expect(health(check('_node_maintenance', 'critical'))[0]).toBe('maintenance')
  })

  it('packs words into few texts and unpacks the same ones', () => {
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const texts = packWords(words, 512)
        expect(unpackWords(texts)).toEqual(words)
        expect(texts.every((text) => text.length <= 512)).toBe(true)
        // Two neighbours never fit into one.
        for (const [nr, text] of texts.entries()) {
          const next = words[unpackWords(texts.slice(0, nr + 1)).length]
          if (next !== undefined) expect(text.length + 1 + next.length).toBeGreaterThan(512)
        }
      }),
    )
  })
})

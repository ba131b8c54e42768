import { describe, expect, it } from 'vitest'
import { type CertificateMatch, findCertificate } from '#shared/domain/access-certificates.ts'
import { isSpiffeId, isSpiffePrefix } from '#shared/domain/spiffe.ts'

const entry = (name: string, match: CertificateMatch) => ({ name, match, roles: [name] })
const entries = [
  entry('web', { kind: 'spiffe-id', value: 'spiffe://prod/ns/default/web' }),
  entry('default', { kind: 'spiffe-prefix', value: 'spiffe://prod/ns/default/' }),
  entry('prod', { kind: 'spiffe-prefix', value: 'spiffe://prod/' }),
  entry('ops', { kind: 'subject', value: 'CN=ops,O=Example' }),
]
const NOW = 1_000
const certificate = (uris: string[], subject = 'CN=nobody', notAfter = NOW + 1) => ({
  uris,
  subject,
  notAfter,
})
const found = (...given: Parameters<typeof certificate>) => {
  const verdict = findCertificate(entries, certificate(...given), NOW)
  return verdict.type === 'known' ? verdict.entry.name : verdict.type
}

describe('a certificate', () => {
  it.each([
    { uris: ['spiffe://prod/ns/default/web'], is: 'web' },
    { uris: ['spiffe://prod/ns/default/db'], is: 'default' },
    { uris: ['spiffe://prod/ns/default/deep/er'], is: 'default' },
    { uris: ['spiffe://prod/ns/defaulted/web'], is: 'prod' },
    { uris: ['spiffe://prod/ns/default'], is: 'prod' },
    { uris: ['spiffe://production/web'], is: 'unknown' },
    { uris: ['spiffe://other/ns/default/web'], is: 'unknown' },
    { uris: ['spiffe://prod/ns/default/WEB'], is: 'default' },
    { uris: ['SPIFFE://prod/ns/default/web'], is: 'ambiguous' },
    { uris: ['spiffe://prod/ns/../default/web'], is: 'ambiguous' },
    { uris: ['spiffe://prod/ns/default/web/'], is: 'ambiguous' },
    { uris: ['spiffe://prod/ns/default/web?a'], is: 'ambiguous' },
    { uris: ['spiffe://prod'], is: 'ambiguous' },
    { uris: ['spiffe://prod/a', 'spiffe://prod/ns/default/web'], is: 'ambiguous' },
    { uris: ['https://example.com', 'spiffe://prod/ns/default/web'], is: 'ambiguous' },
    { uris: [], subject: 'CN=ops,O=Example', is: 'ops' },
    { uris: [], subject: 'CN=ops', is: 'unknown' },
    { uris: [], subject: 'cn=ops,O=Example', is: 'unknown' },
    { uris: [], subject: 'O=Example,CN=ops', is: 'unknown' },
    { uris: ['https://example.com'], subject: 'CN=ops,O=Example', is: 'ops' },
    { uris: ['spiffe://other/web'], subject: 'CN=ops,O=Example', is: 'ops' },
  ])('of $uris $subject is $is', ({ uris, subject, is }) => {
    expect(found(uris, subject)).toBe(is)
  })

  it('that has expired is nobody’s', () => {
    expect(found(['spiffe://prod/ns/default/web'], '', NOW)).toBe('expired')
    expect(found(['spiffe://prod/ns/default/web'], '', NOW + 1)).toBe('web')
  })

  it('names its holder by SPIFFE id, else by subject', () => {
    const id = (uris: string[], subject: string) =>
      findCertificate(entries, certificate(uris, subject), NOW)
    expect(id(['spiffe://prod/x'], 'CN=x')).toMatchObject({ id: 'spiffe://prod/x' })
    expect(id([], 'CN=ops,O=Example')).toMatchObject({ id: 'CN=ops,O=Example' })
  })

  it('is unknown where a snapshot knows none', () => {
    expect(findCertificate(undefined, certificate([], 'CN=ops'), NOW).type).toBe('unknown')
  })
})

it.each([
  ['spiffe://a/b', true],
  ['spiffe://a/b/', false],
  ['spiffe://A/b', false],
  ['spiffe://a', false],
  ['spiffe:///b', false],
  ['spiffe://a/.', false],
  ['spiffe://a/..', false],
  ['spiffe://a/...', true],
  ['spiffe://a//b', false],
  ['spiffe://a/b%20c', false],
  [`spiffe://a/${'b'.repeat(2_048)}`, false],
])('%.30s is a SPIFFE id: %s', (text, is) => {
  expect(isSpiffeId(text)).toBe(is)
})

it.each([
  ['spiffe://a/', true],
  ['spiffe://a/b/', true],
  ['spiffe://a/b', false],
  ['spiffe://', false],
  ['/', false],
])('%s is the beginning of SPIFFE ids: %s', (text, is) => {
  expect(isSpiffePrefix(text)).toBe(is)
})

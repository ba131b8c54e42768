import { createHmac } from 'node:crypto'
import { exportJWK, exportSPKI } from 'jose/key/export'
import { beforeAll, describe, expect, it } from 'vitest'
import { openTokens } from '#shared/adapters/callers/tokens.ts'
import type { Issuer } from '#shared/domain/access-issuers.ts'
import { AT, AT_S, anIssuerKey, assembled, CLAIMS, LOGIN } from '#test/support/token-issuer.ts'

type Key = Awaited<ReturnType<typeof anIssuerKey>>
let key: Key
let other: Key
let foreign: Key
beforeAll(async () => {
  key = await anIssuerKey('k1')
  other = await anIssuerKey('k2')
  foreign = await anIssuerKey('k1')
})

const setOf = (...keys: readonly unknown[]) => JSON.stringify({ keys })

/** Looks at a token as issued by LOGIN, or what is changed of it, whose keys are k1 and k2. */
function look(token: string, changed: Partial<Issuer> = {}, more: readonly Issuer[] = []) {
  const tokens = openTokens(
    async () => setOf(key.jwk, other.jwk),
    () => AT,
  )
  return tokens.holderOf(token, [{ ...LOGIN, ...changed }, ...more])
}

const refused = { kind: 'Unauthenticated' }

describe('a token of a known issuer', () => {
  it('says whose it is, with what the issuer may give', async () => {
    expect(await look(await key.sign())).toEqual({
      kind: 'token',
      id: 'https://login.example ada',
      name: 'ada',
      roles: ['reader'],
    })
  })

  it.each([
    { what: 'several audiences', claims: { aud: ['other', 'bridge'] } },
    { what: 'a lifetime over, within leeway', claims: { exp: AT_S - 29 } },
    { what: 'a beginning to come, within leeway', claims: { nbf: AT_S + 30 } },
    { what: 'an issue to come, within leeway', claims: { iat: AT_S + 30 } },
    { what: 'claims nobody asked for', claims: { admin: true, role: 'admin' } },
  ])('may have $what', async ({ claims }) => {
    expect(await look(await key.sign({ ...CLAIMS, ...claims }))).toMatchObject({ name: 'ada' })
  })

  it.each(['RS256', 'PS384', 'ES384', 'ES512', 'EdDSA'] as const)(
    'may be signed by %s',
    async (alg) => {
      const one = await anIssuerKey('a', alg)
      const tokens = openTokens(
        async () => setOf(one.jwk),
        () => AT,
      )
      const issuer = { ...LOGIN, algorithms: [alg] }
      expect(await tokens.holderOf(await one.sign(), [issuer])).toMatchObject({ name: 'ada' })
    },
  )

  it('may leave out which key signed it, where one alone fits', async () => {
    const only = await anIssuerKey(undefined)
    const tokens = openTokens(
      async () => setOf(only.jwk),
      () => AT,
    )
    expect(await tokens.holderOf(await only.sign(), [LOGIN])).toMatchObject({ name: 'ada' })
  })
})

/** RFC 8725 (best current practices), RFC 7519 (claims), RFC 7515 (headers), RFC 7800 (cnf). */
const attacks: readonly Readonly<{
  what: string
  token: () => Promise<string> | string
  issuer?: Partial<Issuer>
}>[] = [
  { what: 'is unsigned', token: () => assembled({ alg: 'none' }, CLAIMS) },
  { what: 'is unsigned in other letters', token: () => assembled({ alg: 'nOnE' }, CLAIMS) },
  { what: 'has no algorithm', token: () => assembled({}, CLAIMS, 'c2ln') },
  {
    what: 'is signed with the public key as a secret (PEM)',
    token: async () => hmac('HS256', await exportSPKI(key.publicKey)),
  },
  {
    what: 'is signed with the public key as a secret (JWK)',
    token: async () => hmac('HS256', JSON.stringify(await exportJWK(key.publicKey))),
  },
  {
    what: 'is signed by an algorithm that its issuer may not use',
    token: () => key.sign(),
    issuer: { algorithms: ['RS256'] },
  },
  { what: 'is signed by somebody else under a known key id', token: () => foreign.sign() },
  {
    what: 'names another key of its issuer than signed it',
    token: () => key.sign(CLAIMS, { kid: 'k2' }),
  },
  { what: 'names a key that there is not', token: () => key.sign(CLAIMS, { kid: 'k9' }) },
  { what: 'names a path as its key', token: () => key.sign(CLAIMS, { kid: '../../dev/null' }) },
  {
    what: 'names a key by a number',
    token: () => assembled({ alg: 'ES256', kid: 1 }, CLAIMS, 'c2ln'),
  },
  {
    what: 'names no key where several fit',
    token: () => key.sign(CLAIMS, { kid: undefined }),
  },
  {
    what: 'brings its key (jwk)',
    token: async () => foreign.sign(CLAIMS, { jwk: await exportJWK(foreign.publicKey) }),
  },
  {
    what: 'brings a key that is the right one (jwk)',
    token: async () => key.sign(CLAIMS, { jwk: await exportJWK(key.publicKey) }),
  },
  {
    what: 'says where its key is (jku)',
    token: () => foreign.sign(CLAIMS, { jku: 'https://evil.example/keys' }),
  },
  {
    what: 'says where its certificate is (x5u)',
    token: () => foreign.sign(CLAIMS, { x5u: 'http://169.254.169.254/' }),
  },
  { what: 'brings its certificate (x5c)', token: () => foreign.sign(CLAIMS, { x5c: ['MIIB'] }) },
  {
    what: 'wants an extension understood (crit)',
    token: () => assembled({ alg: 'ES256', kid: 'k1', crit: ['x'], x: 1 }, CLAIMS, 'c2ln'),
  },
  {
    what: 'has its payload not encoded (b64)',
    token: () => assembled({ alg: 'ES256', kid: 'k1', crit: ['b64'], b64: false }, CLAIMS, 'c2ln'),
  },
  {
    what: 'was cut off its signature',
    token: async () => (await key.sign()).replace(/[^.]+$/, ''),
  },
  {
    what: 'had its signature changed',
    token: async () => (await key.sign()).replace(/.....$/, 'AAAAA'),
  },
  {
    what: 'had its claims changed',
    token: async () => {
      const [header, , signature] = (await key.sign()).split('.')
      const claims = assembled({}, { ...CLAIMS, sub: 'eve' }).split('.')[1]
      return `${header}.${claims}.${signature}`
    },
  },
  {
    what: 'has a signature of zeros (CVE-2022-21449)',
    token: () =>
      assembled({ alg: 'ES256', kid: 'k1' }, CLAIMS, Buffer.alloc(64).toString('base64url')),
  },
  { what: 'is encrypted (JWE)', token: () => 'e30.e30.e30.e30.e30' },
  { what: 'is no JSON', token: () => assembled({ alg: 'ES256', kid: 'k1' }, '{', 'c2ln') },
  {
    what: 'is a list of claims',
    token: () => assembled({ alg: 'ES256', kid: 'k1' }, '[]', 'c2ln'),
  },
  { what: 'has another issuer', token: () => key.sign({ ...CLAIMS, iss: 'https://evil.example' }) },
  {
    what: 'has an issuer that begins the same',
    token: () => key.sign({ ...CLAIMS, iss: 'https://login.example.evil.example' }),
  },
  {
    what: 'has an issuer with a slash more',
    token: () => key.sign({ ...CLAIMS, iss: `${LOGIN.issuer}/` }),
  },
  { what: 'has several issuers', token: () => key.sign({ ...CLAIMS, iss: [LOGIN.issuer] }) },
  { what: 'has no issuer', token: () => key.sign({ ...CLAIMS, iss: undefined }) },
  { what: 'is for somebody else', token: () => key.sign({ ...CLAIMS, aud: 'other' }) },
  {
    what: 'is for somebody whose name begins the same',
    token: () => key.sign({ ...CLAIMS, aud: 'bridge2' }),
  },
  { what: 'is for nobody', token: () => key.sign({ ...CLAIMS, aud: undefined }) },
  { what: 'is for an empty list', token: () => key.sign({ ...CLAIMS, aud: [] }) },
  { what: 'never ends', token: () => key.sign({ ...CLAIMS, exp: undefined }) },
  { what: 'ends at a text', token: () => key.sign({ ...CLAIMS, exp: '2030-01-01' }) },
  { what: 'has ended, beyond the leeway', token: () => key.sign({ ...CLAIMS, exp: AT_S - 30 }) },
  {
    what: 'has not begun, beyond the leeway',
    token: () => key.sign({ ...CLAIMS, nbf: AT_S + 31 }),
  },
  { what: 'was issued in the future', token: () => key.sign({ ...CLAIMS, iat: AT_S + 31 }) },
  { what: 'was issued at a text', token: () => key.sign({ ...CLAIMS, iat: 'now' }) },
  { what: 'is of nobody', token: () => key.sign({ ...CLAIMS, sub: undefined }) },
  { what: 'is of an empty name', token: () => key.sign({ ...CLAIMS, sub: '' }) },
  { what: 'is of a number', token: () => key.sign({ ...CLAIMS, sub: 7 }) },
  { what: 'is of an endless name', token: () => key.sign({ ...CLAIMS, sub: 'a'.repeat(257) }) },
  { what: 'is bound to a key (cnf)', token: () => key.sign({ ...CLAIMS, cnf: { jkt: 'x' } }) },
  {
    what: 'is of another type than wanted',
    token: () => key.sign(CLAIMS, { typ: 'JWT' }),
    issuer: { tokenType: 'at+jwt' },
  },
  {
    what: 'is of no type where one is wanted',
    token: () => key.sign(),
    issuer: { tokenType: 'at+jwt' },
  },
  {
    what: 'lacks a claim that is wanted',
    token: () => key.sign(),
    issuer: { requiredClaims: [{ claim: 'tenant' }] },
  },
  {
    what: 'has another value of a claim than wanted',
    token: () => key.sign({ ...CLAIMS, tenant: 'b' }),
    issuer: { requiredClaims: [{ claim: 'tenant', value: 'a' }] },
  },
  {
    what: 'has what is like the value of a claim',
    token: () => key.sign({ ...CLAIMS, verified: 'true' }),
    issuer: { requiredClaims: [{ claim: 'verified', value: true }] },
  },
  {
    what: 'inherits a claim',
    token: () => key.sign(),
    issuer: { requiredClaims: [{ claim: 'constructor' }] },
  },
]

function hmac(alg: string, secret: string): string {
  const open = assembled({ alg, kid: 'k1' }, CLAIMS).slice(0, -1)
  return `${open}.${createHmac('sha256', secret).update(open).digest('base64url')}`
}

it.each(attacks)('a token that $what is refused', async ({ token, issuer }) => {
  await expect(look(await token(), issuer)).rejects.toMatchObject(refused)
})

it('a key set that holds symmetric keys verifies nothing with them', async () => {
  const secret = 'a secret of thirty-two characters'
  const oct = { kty: 'oct', kid: 'k1', k: Buffer.from(secret).toString('base64url'), alg: 'HS256' }
  const tokens = openTokens(
    async () => setOf(oct, other.jwk),
    () => AT,
  )
  await expect(tokens.holderOf(hmac('HS256', secret), [LOGIN])).rejects.toMatchObject(refused)
})

describe('of several issuers', () => {
  const second = {
    ...LOGIN,
    name: 'second',
    issuer: 'https://second.example',
    jwksUrl: 'https://second/k',
  }

  it('each one’s keys count for its own tokens alone', async () => {
    const tokens = openTokens(
      async (url) => (url === LOGIN.jwksUrl ? setOf(key.jwk) : setOf(foreign.jwk)),
      () => AT,
    )
    const issuers = [LOGIN, second]
    const ofSecond = { ...CLAIMS, iss: second.issuer }
    expect(await tokens.holderOf(await key.sign(), issuers)).toMatchObject({
      id: `${LOGIN.issuer} ada`,
    })
    expect(await tokens.holderOf(await foreign.sign(ofSecond), issuers)).toMatchObject({
      id: `${second.issuer} ada`,
    })
    // The same key id at both.
    await expect(tokens.holderOf(await foreign.sign(), issuers)).rejects.toMatchObject(refused)
    await expect(tokens.holderOf(await key.sign(ofSecond), issuers)).rejects.toMatchObject(refused)
  })
})

describe('the roles of a token', () => {
  it.each([
    {
      claims: { roles: ['reader', 'admin', 'billing-reader'] },
      roles: ['reader', 'billing-reader'],
    },
    { claims: { roles: 'billing-reader admin' }, roles: ['billing-reader'] },
    { claims: { roles: [['reader'], { reader: 1 }, 7] }, roles: [] },
    { claims: { roles: { reader: true } }, roles: [] },
    { claims: { roles: undefined }, roles: [] },
    { claims: { roles: undefined }, issuer: { fixedRoles: ['reader'] }, roles: ['reader'] },
    { claims: {}, issuer: { allowedRoles: ['operator'] }, roles: [] },
    { claims: {}, issuer: { fixedRoles: ['admin'] }, roles: ['reader'] },
    {
      claims: { realm_access: { roles: ['billing-reader'] } },
      issuer: { rolesClaim: '/realm_access/roles' },
      roles: ['billing-reader'],
    },
    {
      claims: { 'https://example.com/roles': ['reader'] },
      issuer: { rolesClaim: 'https://example.com/roles' },
      roles: ['reader'],
    },
    {
      claims: { 'a/b': { 'c~d': 'reader' } },
      issuer: { rolesClaim: '/a~1b/c~0d' },
      roles: ['reader'],
    },
    { claims: {}, issuer: { rolesClaim: '/__proto__/roles' }, roles: [] },
  ])('of $claims with $issuer are $roles', async ({ claims, issuer, roles }) => {
    const holder = await look(await key.sign({ ...CLAIMS, ...claims }), issuer)
    expect(holder.roles).toEqual(roles)
  })
})

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, it, onTestFinished } from 'vitest'
import { openCallers } from '#shared/adapters/callers.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import type { AccessSnapshot } from '#shared/domain/access.ts'
import { authenticate } from '#shared/middleware/authenticate.ts'
import { callerOf } from '#shared/middleware/caller.ts'
import type { Refusal } from '#shared/ports/access-audit.ts'
import type { Presented } from '#shared/ports/callers.ts'
import { aKeyWith, callersOf, fixedSnapshots } from '#test/support/access.ts'
import { anApiEvent } from '#test/support/api.ts'
import { certificates } from '#test/support/certificates.ts'
import { AT, AT_S, anIssuerKey, CLAIMS, LOGIN } from '#test/support/token-issuer.ts'

const WEB = { uris: ['spiffe://prod/web'], subject: 'CN=web', notAfter: AT.getTime() + 1 }
const nothing: Presented = { authorization: undefined, apiKey: undefined, certificate: undefined }
const now = () => AT

/** An issuer that listens on this machine, with how it answers. */
async function aListeningIssuer() {
  const key = await anIssuerKey('k1')
  const answer = { status: 200, body: JSON.stringify({ keys: [key.jwk] }), headers: {}, asked: 0 }
  const server = createServer((_, response) => {
    answer.asked += 1
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`
  return { key, answer, issuer: { ...LOGIN, jwksUrl } }
}

async function aBridge(more: Partial<AccessSnapshot> = {}) {
  const { key, issuer, answer } = await aListeningIssuer()
  const { snapshot, key: apiKey, entry } = aKeyWith('reader')
  const certificates = [
    {
      name: 'web',
      match: { kind: 'spiffe-id' as const, value: 'spiffe://prod/web' },
      roles: ['caller'],
    },
  ]
  const all = { ...snapshot, issuers: [issuer], certificates, ...more }
  return {
    callers: callersOf(all, now),
    token: await key.sign(),
    key,
    apiKey,
    entry,
    issuer,
    all,
    answer,
  }
}

describe('callers', () => {
  it('are known by key, by token and by certificate', async () => {
    const { callers, token, apiKey, entry } = await aBridge()
    expect(await callers.identify({ ...nothing, authorization: `Bearer ${apiKey}` })).toEqual({
      principal: { kind: 'key', id: entry.id, name: 'test', roles: ['reader'] },
      credential: 'authorization',
    })
    expect(await callers.identify({ ...nothing, apiKey })).toMatchObject({
      credential: 'x-api-key',
    })
    expect(await callers.identify({ ...nothing, authorization: `Bearer ${token}` })).toEqual({
      principal: { kind: 'token', id: 'https://login.example ada', name: 'ada', roles: ['reader'] },
      credential: 'authorization',
    })
    expect(await callers.identify({ ...nothing, certificate: WEB })).toEqual({
      principal: { kind: 'certificate', id: 'spiffe://prod/web', name: 'web', roles: ['caller'] },
      credential: 'certificate',
    })
  })

  it.each([
    { what: 'nothing', presented: {}, error: false },
    { what: 'an unknown key', presented: { apiKey: 'omni_0_x' }, error: true },
    {
      what: 'an unknown key beside a good certificate',
      presented: { apiKey: 'omni_0_x', certificate: WEB },
      error: true,
    },
    {
      what: 'a bad token beside a good certificate',
      presented: { authorization: 'Bearer a.b.c', certificate: WEB },
      error: true,
    },
    {
      what: 'an unknown certificate',
      presented: { certificate: { ...WEB, uris: [] } },
      error: true,
    },
    {
      what: 'an expired certificate',
      presented: { certificate: { ...WEB, notAfter: AT.getTime() } },
      error: true,
    },
  ])('are asked who they are when they bring $what', async ({ presented, error }) => {
    const { callers } = await aBridge()
    await expect(callers.identify({ ...nothing, ...presented })).rejects.toMatchObject({
      kind: 'Unauthenticated',
      headers: {
        'www-authenticate': `Bearer realm="omninode-bridge"${error ? ', error="invalid_token"' : ''}`,
      },
    })
  })

  it('with an expired certificate are refused whatever else they bring', async () => {
    const { callers, apiKey } = await aBridge()
    const certificate = { ...WEB, notAfter: AT.getTime() }
    await expect(callers.identify({ ...nothing, apiKey, certificate })).rejects.toMatchObject({
      kind: 'Unauthenticated',
    })
  })

  it('of before roles, issuers and certificates are known as before', async () => {
    const { snapshot, headers } = aKeyWith('reader')
    const callers = callersOf(snapshot, now)
    const { principal } = await callers.identify({ ...nothing, ...headers, apiKey: undefined })
    expect(principal.roles).toEqual(['reader'])
    await expect(
      callers.identify({ ...nothing, authorization: 'Bearer a.b.c' }),
    ).rejects.toMatchObject({ kind: 'Unauthenticated' })
    await expect(callers.identify({ ...nothing, certificate: WEB })).rejects.toMatchObject({
      kind: 'Unauthenticated',
    })
  })

  it('are known by the certificate that a gateway passes on, and nobody by what is none', async () => {
    const { callers } = await aBridge()
    await expect(callers.identify({ ...nothing, certificatePem: 'none' })).rejects.toMatchObject({
      kind: 'Malformed',
    })
  })
})

describe('certificates that a gateway has verified', () => {
  const made = certificates()
  afterAll(() => made.remove())

  it('stand for their holder in every function', async () => {
    const authority = made.authority('clients')
    const { cert } = authority.issue('/O=Example/CN=web', ['URI:spiffe://prod/web'])
    const { snapshot } = aKeyWith('reader')
    const match = { kind: 'spiffe-id', value: 'spiffe://prod/web' } as const
    const certificate = { name: 'web', match, roles: ['reader'] }
    const routes = [
      { method: 'GET', path: '/read', summary: '', access: 'reader', answers: {} },
      { method: 'GET', path: '/manage', summary: '', access: 'admin', answers: {} },
    ] as const
    const told: Refusal[] = []
    const denied = async (refusal: Refusal) => void told.push(refusal)
    const callers = callersOf({ ...snapshot, certificates: [certificate] })
    const { before } = authenticate(routes, callers, { denied })
    const send = async (resource: string, clientCertPem: string | undefined) => {
      const event = anApiEvent({ url: resource })
      const clientCert = clientCertPem === undefined ? null : { clientCertPem }
      Object.assign(event.requestContext, { identity: { clientCert } })
      await before?.({ event } as never)
      return callerOf(event)?.principal
    }
    expect(await send('/read', cert)).toEqual({
      ...{ kind: 'certificate', id: 'spiffe://prod/web', name: 'web', roles: ['reader'] },
    })
    await expect(send('/manage', cert)).rejects.toMatchObject({ kind: 'Forbidden' })
    expect(told).toMatchObject([
      { wish: { action: 'use', route: 'GET /manage' }, missing: 'admin' },
    ])
    await expect(send('/read', undefined)).rejects.toMatchObject({ kind: 'Unauthenticated' })
    const other = authority.issue('/O=Example/CN=web', ['URI:spiffe://prod/other'])
    await expect(send('/read', other.cert)).rejects.toMatchObject({ kind: 'Unauthenticated' })
    const over = authority.issue('/CN=web', ['URI:spiffe://prod/web'], -1)
    await expect(send('/read', over.cert)).rejects.toMatchObject({
      message: 'The client certificate has expired.',
    })
  })
})

describe('a token’s issuer', () => {
  it('is not asked where its address is not allowed', async () => {
    const { all, token, answer } = await aBridge()
    const snapshots = fixedSnapshots(all)
    for (const networks of ['', '10.0.0.0/8']) {
      const callers = openCallers({ snapshots, networks: upstreamNetworks(networks), now })
      await expect(
        callers.identify({ ...nothing, authorization: `Bearer ${token}` }),
      ).rejects.toMatchObject({ kind: 'Unavailable', cause: { kind: 'Forbidden' } })
    }
    expect(answer.asked).toBe(0)
  })

  it.each([
    { what: 'answers with a redirect', status: 302, headers: { location: 'http://127.0.0.1:1/' } },
    { what: 'answers with a failure', status: 500 },
    { what: 'answers with a page', body: '<html>' },
    { what: 'answers with more than 256 KiB', body: `{"keys":[],"x":"${'x'.repeat(262_144)}"}` },
  ])('that $what makes its tokens wait', async ({ what: _, ...changed }) => {
    const { callers, token, answer } = await aBridge()
    Object.assign(answer, changed)
    const asking = callers.identify({ ...nothing, authorization: `Bearer ${token}` })
    await expect(asking).rejects.toMatchObject({ kind: 'Unavailable' })
    expect(answer.asked).toBe(1)
  })

  it('that is away keeps no key and no certificate out', async () => {
    const { callers, apiKey, answer } = await aBridge()
    answer.status = 500
    expect(await callers.identify({ ...nothing, apiKey })).toBeDefined()
    expect(await callers.identify({ ...nothing, certificate: WEB })).toBeDefined()
    expect(answer.asked).toBe(0)
  })

  it('makes nobody wait twice for one token', async () => {
    const { callers, key, answer } = await aBridge()
    const authorization = `Bearer ${await key.sign({ ...CLAIMS, exp: AT_S + 5 })}`
    for (let i = 0; i < 3; i++) await callers.identify({ ...nothing, authorization })
    expect(answer.asked).toBe(1)
  })
})

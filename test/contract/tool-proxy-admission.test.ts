import { describe, expect, it } from 'vitest'
import { rateLimits } from '#functions/tool-proxy/rate-limits.ts'
import { Failure } from '#shared/errors.ts'
import { anInstance, aProxy, ask, problemIn } from '#test/support/proxy.ts'

/** An instance that answers, and a proxy in front of it. */
async function aService(options: Partial<Parameters<typeof aProxy>[0]> = {}) {
  const instance = await anInstance((_, response) => response.end('x'))
  return { instance, ...(await aProxy({ instances: [{ port: instance.port }], ...options })) }
}

describe('who calls', () => {
  it.each([[''], ['wrong']])(
    'with the key "%s" is asked for one, and not captured',
    async (key) => {
      const { url, captured, instance } = await aService()
      const got = await ask(`${url}/x`, { key })
      expect(got.status).toBe(401)
      expect(got.headers['www-authenticate']).toMatch(/^Bearer realm=/)
      expect(got.headers['x-bridge-instance']).toBeUndefined()
      expect(problemIn(got)).toMatchObject({ type: 'urn:omninode:problem:unauthenticated' })
      expect(captured.all).toEqual([])
      expect(instance.seen).toEqual([])
    },
  )

  const rules = {
    operations: [
      { method: 'GET', path: '/invoices/{id}', capability: 'invoices:read' },
      { method: 'GET', path: '/admin', capability: 'admin' },
    ],
  }
  const snapshot = {
    roles: [{ name: 'reading', grants: [{ service: 'billing', capabilities: ['invoices:read'] }] }],
  }

  it('may call what a role of his grants', async () => {
    const { url } = await aService({ rules, snapshot, roles: ['reading'] })
    expect(await ask(`${url}/invoices/1`)).toMatchObject({ status: 200 })
  })

  it.each(['/admin', '/%61dmin', '/other', '/invoices/1/lines'])(
    'may not call %s, which none grants; told why, audited and captured',
    async (path) => {
      const { url, captured, denied, instance } = await aService({
        rules,
        snapshot,
        roles: ['reading'],
      })
      const got = await ask(`${url}${path}`)
      expect(got.status).toBe(403)
      const capability = path.endsWith('dmin') ? 'admin' : '*'
      expect(problemIn(got)).toMatchObject({
        type: 'urn:omninode:problem:forbidden',
        missing: { service: 'billing', capabilities: [capability] },
        held: ['reading'],
      })
      expect(denied).toHaveLength(1)
      expect(await captured.next()).toMatchObject({ fault: { kind: 'forbidden' }, status: 403 })
      expect(instance.seen).toEqual([])
    },
  )

  it('is told of his limit, and refused beyond it', async () => {
    const limits = rateLimits(
      { lease: async ({ quota }) => ({ granted: quota, left: 0 }) },
      { nowMs: () => 1_000 },
    )
    const { url, captured } = await aService({
      rules: { rateLimit: { requests: 2, windowMs: 60_000 } },
      dependencies: { limits },
    })
    const first = await ask(`${url}/x`)
    expect(first.headers.ratelimit).toBe('"default";r=1;t=59')
    expect(first.headers['ratelimit-policy']).toBe('"default";q=2;w=60')
    await ask(`${url}/x`)
    const third = await ask(`${url}/x`)
    expect(third.status).toBe(429)
    expect(third.headers['retry-after']).toBe('59')
    expect(problemIn(third)).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    })
    await captured.next()
    await captured.next()
    expect(await captured.next()).toMatchObject({ fault: { kind: 'rate-limited' } })
  })
})

describe('what is called', () => {
  it('and nobody knows: 503, captured', async () => {
    const { port, captured } = await aService()
    const got = await ask(`http://127.0.0.1:${port}/proxy/nothing/x`)
    expect(got).toMatchObject({ status: 503 })
    expect(got.headers['retry-after']).toBe('1')
    expect(await captured.next()).toMatchObject({
      service: 'nothing',
      fault: { kind: 'no-service' },
    })
  })

  it('and has no healthy instance: 503', async () => {
    const { url, captured } = await aProxy({ instances: [{ port: 1, health: 'critical' }] })
    expect(await ask(`${url}/x`)).toMatchObject({ status: 503 })
    expect(await captured.next()).toMatchObject({ fault: { kind: 'no-instance' } })
  })

  it('in a version that does not exist: 406 with those that do', async () => {
    const { url, captured } = await aService()
    const got = await ask(`${url}/x`, { headers: { 'Accept-Version': '^9' } })
    expect(got.status).toBe(406)
    expect(problemIn(got)).toMatchObject({
      wanted: '^9',
      versions: [{ version: '1.2.3', healthy: true }],
    })
    const call = await captured.next()
    expect(call).toMatchObject({ fault: { kind: 'no-version' }, route: { wanted: '^9' } })
  })

  it('in what is no range of versions: 400', async () => {
    const { url } = await aService()
    expect(await ask(`${url}/x`, { headers: { 'Accept-Version': '1 or so' } })).toMatchObject({
      status: 400,
    })
  })

  it('by a catalog that is old is said to be so', async () => {
    const { url, captured } = await aService({ stale: true })
    expect((await ask(`${url}/x`)).headers['x-bridge-stale']).toBe('catalog')
    expect(await captured.next()).toMatchObject({ route: { stale: true } })
  })

  it('while the catalog is away: 503', async () => {
    const { url } = await aService({
      dependencies: {
        catalog: {
          find: async () => {
            throw new Failure('Unavailable', 'The catalog can not be had.')
          },
          close: async () => undefined,
        },
      },
    })
    const got = await ask(`${url}/x`)
    expect(got.status).toBe(503)
    expect(got.headers['retry-after']).toBe('1')
  })

  it('is not captured where the rules say so', async () => {
    const { url, captured } = await aService({ rules: { capture: { mode: 'off' } } })
    expect(await ask(`${url}/x`)).toMatchObject({ status: 200 })
    expect(captured.all).toEqual([])
  })

  it('is captured without bodies where the rules say so', async () => {
    const { url, captured } = await aService({ rules: { capture: { mode: 'metadata' } } })
    await ask(`${url}/x`, { method: 'POST', body: 'secret' })
    const { request, response } = await captured.next()
    expect(request).toMatchObject({ bytes: 6, kept: new Uint8Array(0) })
    expect(response?.digest).toBeUndefined()
  })
})

describe('an instance where none may stand', () => {
  it.each([
    ['a private address', '10.0.0.1', ''],
    ['this machine', '127.0.0.1', ''],
    ['this machine over IPv6', '::1', ''],
    ['this machine in IPv6 clothes', '::ffff:127.0.0.1', ''],
    ['the metadata service', '169.254.169.254', '0.0.0.0/0'],
    ['a name that leads to this machine', 'localhost', '10.0.0.0/8'],
    ['an address outside the list', '127.0.0.1', '10.0.0.0/8'],
    ['another way to write an address', '0x7f.1', ''],
  ])('%s is not connected to', async (_, address, networks) => {
    const instance = await anInstance((__, response) => response.end('reached'))
    const { url, captured } = await aProxy({
      instances: [{ address, port: instance.port }],
      networks,
    })
    const got = await ask(`${url}/x`)
    expect(got.status).toBe(502)
    const { fault } = await captured.next()
    expect(['address-refused', 'unresolved']).toContain(fault?.kind)
    expect(address === '0x7f.1' || fault?.kind === 'address-refused').toBe(true)
    expect(instance.seen).toEqual([])
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { RecordedEvent } from '#shared/ports/recorded-events.ts'
import { httpClient } from '#test/support/http-client.ts'
import { rawHttp } from '#test/support/raw-http.ts'
import { register, registerUpstreams, setRules } from '#test/support/registered-upstreams.ts'
import { type System, startSystem } from '#test/support/system.ts'

const SOON = { timeout: 15_000, interval: 20 }
/** The one address where instances may stand. */
const ALLOWED = '127.0.0.2'

let system: System
beforeAll(async () => {
  system = await startSystem({ env: { UPSTREAM_NETWORKS: `${ALLOWED}/32` } })
}, 90_000)
afterAll(() => system.stop())

const call = (path: string, init: RequestInit = {}) =>
  system.request(init.method ?? 'GET', `/proxy/${path}`, init)
const start = (service: string, ...names: string[]) =>
  registerUpstreams(system, service, names, ALLOWED)
const client = () => httpClient(system.address, system.key)

describe('an instance that answers 503', () => {
  it('is not asked any more after the fifth, until an operator resets its circuit', async () => {
    const [one] = await start('fragile', 'a')
    for (let nr = 0; nr < 5; nr++) expect((await call('fragile/status?code=503')).status).toBe(503)
    const refused = await call('fragile/quick')
    expect(refused.status).toBe(503)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(20)
    expect(await refused.json()).toMatchObject({ type: 'urn:omninode:problem:circuit-open' })
    expect(one?.entries()).toHaveLength(5)

    const breakers = async () => {
      const { body } = await client().get<Breakers>('/breakers?service=fragile&state=open')
      return body.items.map(({ instance }) => instance).sort()
    }
    await expect.poll(breakers, SOON).toEqual(['fragile-a', null])
    const opened = async () => {
      const path = '/events?type=services.health.breaker_opened&source=tool-proxy'
      return (await client().all<RecordedEvent>(path)).map(({ subject }) => subject).sort()
    }
    await expect.poll(opened, SOON).toHaveLength(2)
    const subjects = await opened()
    expect(subjects).toContain('fragile/fragile-a')

    const reset = await client().post<Breakers>('/breakers/fragile/reset', {})
    expect(reset.status).toBe(200)
    expect(reset.body.items.map(({ state }) => state)).toEqual(['closed', 'closed'])
    await expect.poll(async () => (await call('fragile/quick')).status, SOON).toBe(200)
    expect(await breakers()).toEqual([])
    expect(await opened()).toEqual(subjects)
  })
})

type Breakers = Readonly<{ items: readonly Readonly<{ instance: string | null; state: string }>[] }>

describe('callers', () => {
  it('whom nobody knows are refused, and reach nothing', async () => {
    const [one] = await start('secret', 'a')
    for (const headers of [{}, { 'x-api-key': 'omni_wrong' }, { authorization: 'Bearer a.b.c' }]) {
      const refused = await fetch(`${system.address}/proxy/secret/quick`, { headers })
      expect(refused.status).toBe(401)
      expect(refused.headers.get('www-authenticate')).toBeTruthy()
    }
    expect(one?.entries()).toEqual([])
  })

  it('whose role grants something else are told what is missing, and so is the log', async () => {
    const [one] = await start('vault', 'a')
    await client().put('/roles/vault-reader', {
      grants: [{ service: 'vault', capabilities: ['vault.read'] }],
    })
    const operations = [{ method: 'POST', path: '/write', capability: 'vault.write' }]
    await setRules(system, 'vault', { operations })
    const made = await client().post<{ id: string; key: string }>('/keys', {
      ...{ name: 'vault-reader', roles: ['vault-reader'] },
    })
    const wish = { action: 'call', service: 'vault', capability: 'vault.write' }
    const missing = { service: 'vault', capabilities: ['vault.write'] }
    const refused = async () => {
      const headers = { 'x-api-key': made.body.key }
      const answer = await fetch(`${system.address}/proxy/vault/write`, { method: 'POST', headers })
      return { status: answer.status, body: await answer.json() }
    }
    await expect
      .poll(refused, SOON)
      .toMatchObject({ status: 403, body: { missing, held: ['vault-reader'] } })
    expect(one?.entries()).toEqual([])
    const denied = async () => {
      const events = await client().all<RecordedEvent>(
        '/events?type=services.lifecycle.access_denied',
      )
      return events.map(({ data }) => data)
    }
    await expect
      .poll(denied, SOON)
      .toContainEqual(expect.objectContaining({ wish, missing, held: ['vault-reader'] }))
  })

  it('keep their key to themselves, whatever else they call a matter of this hop', async () => {
    await start('echo', 'a')
    const answer = await rawCall(
      'GET /proxy/echo/quick HTTP/1.1\r\nHost: a\r\n' +
        `Authorization: Bearer ${system.key}\r\nProxy-Authorization: Basic eDp5\r\n` +
        'Connection: close, authorization, x-hop, x-correlation-id\r\nX-Hop: 1\r\nKeep-Alive: a\r\nX-End: 2\r\n\r\n',
    )
    expect(answer).toMatch(/^HTTP\/1\.1 (200|401) /)
    expect(answer).not.toContain(system.key)
    expect(answer).not.toMatch(/"(proxy-authorization|x-hop|keep-alive)":/i)
  })

  it('who call too often are told so, and when to come back', async () => {
    const [one] = await start('limited', 'a')
    // Windows begin where the clock says: an hour makes it unlikely that one ends here.
    await setRules(system, 'limited', { rate_limit: { requests: 20, window_ms: 3_600_000 } })
    let before = 0
    const isKnown = async () => {
      const policy = (await call('limited/quick')).headers.get('ratelimit-policy')
      if (policy !== null) before += 1
      return policy
    }
    await expect.poll(isKnown, SOON).toBe('"default";q=20;w=3600')
    const answers = await Promise.all(Array.from({ length: 40 }, () => call('limited/quick')))
    const passed = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(({ status }) => status === 429)
    expect(passed).toHaveLength(20 - before)
    expect(refused).toHaveLength(20 + before)
    expect(passed[0]?.headers.get('ratelimit')).toMatch(/^"default";r=\d+;t=\d+$/)
    expect(refused[0]?.headers.get('ratelimit')).toMatch(/^"default";r=0;t=\d+$/)
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
    const counted = one?.entries().length ?? 0
    await call('limited/quick')
    expect(one?.entries()).toHaveLength(counted)
  })
})

describe('addresses outside of the networks', () => {
  it.each(['169.254.169.254', '127.0.0.1', '10.0.0.1', '[::1]', '127.1'])(
    '%s is not registered',
    async (address) => {
      const answer = await register(system, 'far', 'one', { address, port: 80 })
      expect(answer.status).toBe(422)
    },
  )

  it('are not connected to when a name leads there', async () => {
    const { port } = new URL(system.address)
    const answer = await register(system, 'named', 'one', {
      ...{ address: 'localhost', port: Number(port), check: { ttl_ms: 60_000 } },
    })
    expect(answer.status).toBe(200)
    const refused = async () => {
      const got = await call('named/livez')
      return { status: got.status, body: await got.json() }
    }
    await expect
      .poll(refused, SOON)
      .toMatchObject({ status: 502, body: { type: 'urn:omninode:problem:address-refused' } })
  })
})

describe('two requests in the shape of one', () => {
  it('are refused, and the second reaches nothing', async () => {
    const [one] = await start('guarded', 'a')
    const hidden = `GET /proxy/guarded/hidden HTTP/1.1\r\nHost: a\r\nX-API-Key: ${system.key}\r\n\r\n`
    const head = `POST /proxy/guarded/open HTTP/1.1\r\nHost: a\r\nX-API-Key: ${system.key}\r\n`
    const chunked = `${head}Transfer-Encoding: chunked\r\n`
    const length = hidden.length
    const cases: Readonly<Record<string, string>> = {
      'length and chunks': `${chunked}Content-Length: 4\r\n\r\n0\r\n\r\n${hidden}`,
      'length before chunks': `${head}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
      'two lengths': `${head}Content-Length: 0\r\nContent-Length: ${length}\r\n\r\n${hidden}`,
      'a list of lengths': `${head}Content-Length: 0,${length}\r\n\r\n${hidden}`,
      'a length in hexadecimal': `${head}Content-Length: 0x0\r\n\r\n${hidden}`,
      'a folded header': `${head}X: y\r\n Content-Length: ${length}\r\n\r\n${hidden}`,
      'a folded coding': `${head}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`,
      'a bare line feed': `${head}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
      'line feeds alone': `${head.replaceAll('\r\n', '\n')}\n${hidden}`,
      'a chunk of no number': `${chunked}\r\n0x0\r\n\r\n${hidden}`,
      'a chunk beyond all numbers': `${chunked}\r\nffffffffffffffff0\r\n\r\n${hidden}`,
      'a chunk with a line feed in its extension': `${chunked}\r\n0;a\nb\r\n\r\n${hidden}`,
      'a chunk that ends early': `${chunked}\r\n1\r\nxy0\r\n\r\n${hidden}`,
      'a coding of two': `${head}Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n${hidden}`,
      'a coding with another blank': `${head}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n${hidden}`,
      'huge headers': `${head}X: ${'x'.repeat(100_000)}\r\n\r\n${hidden}`,
      'a blank before the colon': `${head}Content-Length : ${length}\r\n\r\n${hidden}`,
    }
    const answers = await Promise.all(
      Object.entries(cases).map(async ([name, text]) => [name, await rawCall(text)] as const),
    )
    for (const [name, answer] of answers) {
      expect(answer, name).toMatch(/^(HTTP\/1\.1 (400|413|431|501) |$)/)
    }
    expect((await call('guarded/last')).status).toBe(200)
    const reached = () => one?.entries().map(({ url }) => url)
    expect(reached()).not.toContain('/hidden')
    await rawCall(`${head}Content-Length: 0\r\n\r\n${hidden}`)
    await expect.poll(reached, SOON).toContain('/hidden')
  })
})

/** What comes for bytes that are sent as they are; '' when the connection is closed without a word. */
async function rawCall(text: string): Promise<string> {
  const connection = rawHttp(Number(new URL(system.address).port), text)
  const answered = connection.until(/^HTTP\/1\.1 \d{3}[\s\S]*?\r\n\r\n/).catch(() => undefined)
  await answered
  connection.socket.end()
  return connection.ended.catch(() => connection.received())
}

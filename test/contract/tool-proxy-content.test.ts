import { describe, expect, it } from 'vitest'
import { anInstance, aProxy, ask, problemIn } from '#test/support/proxy.ts'

describe('a service whose answers may be kept', () => {
  const rules = { cache: { mode: 'shared' } } as const

  async function kept(headers: Record<string, string>, more: object = rules) {
    let count = 0
    const instance = await anInstance((request, response) => {
      if (request.headers['if-none-match'] === '"a"')
        return void response.writeHead(304, headers).end()
      response.writeHead(200, { ETag: '"a"', ...headers }).end(`answer ${++count}`)
    })
    return { instance, ...(await aProxy({ instances: [{ port: instance.port }], rules: more })) }
  }

  it('answers from the cache, and says so', async () => {
    const { url, instance, captured } = await kept({ 'Cache-Control': 'public, max-age=60' })
    const first = await ask(`${url}/x`)
    const second = await ask(`${url}/x`)
    expect([first.body.toString(), second.body.toString()]).toEqual(['answer 1', 'answer 1'])
    expect(instance.seen).toHaveLength(1)
    expect(first.headers['cache-status']).toMatch(/fwd=uri-miss/)
    expect(second.headers['cache-status']).toMatch(/hit/)
    expect(second.headers.age).toBeDefined()
    expect(second.headers['server-timing']).toMatch(/^upstream;dur=0,/)
    expect(await captured.next()).toMatchObject({ route: { cache: 'miss' } })
    expect(await captured.next()).toMatchObject({
      route: { cache: 'hit', attempts: [] },
      status: 200,
    })
  })

  it('asks whether what it has is still good', async () => {
    const { url, instance, captured } = await kept({ 'Cache-Control': 'public, no-cache' })
    await ask(`${url}/x`)
    const second = await ask(`${url}/x`)
    expect(second).toMatchObject({ status: 200 })
    expect(second.body.toString()).toBe('answer 1')
    expect(instance.seen[1]?.headers['if-none-match']).toBe('"a"')
    await captured.next()
    expect(await captured.next()).toMatchObject({ route: { cache: 'revalidated' } })
  })

  it('asks once for many who want the same at once', async () => {
    let count = 0
    const instance = await anInstance((_, response) => {
      setTimeout(() => {
        response.writeHead(200, { 'Cache-Control': 'public, max-age=60' }).end(`answer ${++count}`)
      }, 50)
    })
    const { url, captured } = await aProxy({ instances: [{ port: instance.port }], rules })
    const all = await Promise.all(Array.from({ length: 10 }, () => ask(`${url}/x`)))
    expect(new Set(all.map(({ body }) => body.toString()))).toEqual(new Set(['answer 1']))
    expect(instance.seen).toHaveLength(1)
    const how = captured.all.map(({ route }) => route.cache)
    expect(how.filter((each) => each === 'shared')).toHaveLength(9)
  })

  it('gives what it has while the instance is away', async () => {
    let isAway = false
    const instance = await anInstance((_, response) => {
      if (isAway) response.writeHead(503).end()
      else
        response
          .writeHead(200, { 'Cache-Control': 'public, max-age=0, stale-if-error=60' })
          .end('old')
    })
    const { url, captured } = await aProxy({ instances: [{ port: instance.port }], rules })
    await ask(`${url}/x`)
    isAway = true
    const got = await ask(`${url}/x`)
    expect(got).toMatchObject({ status: 200 })
    expect(got.body.toString()).toBe('old')
    await captured.next()
    expect(await captured.next()).toMatchObject({ route: { cache: 'stale' } })
  })

  it('gives what is stale at once where that is allowed, and renews it beside', async () => {
    const { url, instance } = await kept({
      'Cache-Control': 'public, max-age=0, stale-while-revalidate=60',
    })
    await ask(`${url}/x`)
    expect((await ask(`${url}/x`)).body.toString()).toBe('answer 1')
    await expect.poll(() => instance.seen.length).toBe(2)
    expect(instance.seen[1]?.headers['if-none-match']).toBe('"a"')
  })

  it('answers 504 to who wants only what is kept', async () => {
    const { url } = await kept({})
    const got = await ask(`${url}/x`, { headers: { 'Cache-Control': 'only-if-cached' } })
    expect(got.status).toBe(504)
  })

  it('keeps nothing without rules', async () => {
    const { url, instance } = await kept({ 'Cache-Control': 'public, max-age=60' }, {})
    await ask(`${url}/x`)
    expect((await ask(`${url}/x`)).headers).not.toHaveProperty('cache-status')
    expect(instance.seen).toHaveLength(2)
  })
})

describe('a caller of another version than there is', () => {
  const transforms = [
    {
      from: '1',
      to: '2',
      request: { kind: 'jsonata', expression: '$merge([$, {"body": {"total": body.amount}}])' },
      response: { kind: 'jsonata', expression: '$merge([$, {"body": {"amount": body.total}}])' },
      examples: [],
    },
  ] as const

  async function translated(answer: Parameters<typeof anInstance>[0]) {
    const instance = await anInstance(answer)
    const instances = [{ port: instance.port, version: '2.0.0' }]
    return { instance, ...(await aProxy({ instances, rules: { transforms } })) }
  }

  it('is served through the steps between them', async () => {
    const { url, instance, captured } = await translated((_, response, body) => {
      response.writeHead(201, { 'Content-Type': 'application/json', 'X-Other': '1' }).end(body)
    })
    const got = await ask(`${url}/x`, {
      method: 'POST',
      body: '{"amount":5}',
      headers: { 'Accept-Version': '1', 'Content-Type': 'application/json' },
    })
    expect(JSON.parse(instance.seen[0]?.body.toString() ?? '')).toEqual({ total: 5 })
    expect(instance.seen[0]?.headers['content-length']).toBe(
      String(instance.seen[0]?.body.byteLength),
    )
    expect(got.status).toBe(201)
    expect(JSON.parse(got.body.toString())).toEqual({ amount: 5 })
    expect(got.headers).toMatchObject({ 'served-version': '2.0.0', 'x-other': '1' })
    expect(got.headers['content-length']).toBe(String(got.body.byteLength))
    const { route } = await captured.next()
    expect(route.transformed?.length).toBeGreaterThan(1)
  })

  it('gets 502 for an answer that can not be transformed', async () => {
    const { url, captured } = await translated((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"half"')
    })
    const got = await ask(`${url}/x`, { headers: { 'Accept-Version': '1' } })
    expect(got.status).toBe(502)
    expect(problemIn(got)).toMatchObject({ type: 'urn:omninode:problem:transform-failed' })
    expect(await captured.next()).toMatchObject({ fault: { kind: 'transform-failed' } })
  })
})

describe('a service one version of which is mirrored', () => {
  it('sends a copy beside the call, and reports how the answers differ', async () => {
    const first = await anInstance((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"total":1}')
    })
    const second = await anInstance((_, response) => {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"total":2}')
    })
    const reported = Promise.withResolvers<Readonly<{ topic: string }>>()
    const { url, captured } = await aProxy({
      instances: [
        { port: first.port, version: '1.0.0' },
        { port: second.port, version: '2.0.0' },
      ],
      rules: { defaultVersion: '1', mirror: { range: '2', share: 1 } },
      dependencies: { report: (record) => reported.resolve(record) },
    })
    const got = await ask(`${url}/x?a=1`, { headers: { Authorization: 'Bearer for-the-instance' } })
    expect(got.body.toString()).toBe('{"total":1}')
    const record = await reported.promise
    expect(JSON.stringify(record)).toContain('mirror_differed')
    expect(second.seen).toHaveLength(1)
    expect(second.seen[0]).toMatchObject({ method: 'GET', url: '/x?a=1' })
    expect(second.seen[0]?.headers.host).toBe(`127.0.0.1:${second.port}`)
    await captured.next()
    expect(captured.all).toHaveLength(1)
  })
})

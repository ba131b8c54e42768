import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { anInstance, aProxy, ask } from '#test/support/proxy.ts'
import { rawHttp } from '#test/support/raw-http.ts'

/** An instance that echoes, and a proxy in front of it. */
async function anEcho() {
  const instance = await anInstance((_request, response, body) => {
    response.setHeader('Content-Type', 'application/octet-stream')
    response.end(body)
  })
  return { instance, ...(await aProxy({ instances: [{ port: instance.port }] })) }
}

const everyByte = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))

describe('a request through the proxy', () => {
  it.each(['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'])(
    'keeps its method %s and its target byte for byte',
    async (method) => {
      const { url, instance, captured } = await anEcho()
      const target = '/a%2Fb//c/%7Ex?q=%20&q=a+b&&empty=&[x]=1'
      const got = await ask(`${url}${target}`, { method })
      expect(got.status).toBe(200)
      expect(instance.seen[0]).toMatchObject({ method, url: target })
      expect(await captured.next()).toMatchObject({ method, target, outcome: 'ok', status: 200 })
    },
  )

  it.each([
    ['binary', everyByte],
    ['empty', Buffer.alloc(0)],
    ['of 64 KiB and a byte', Buffer.alloc(65_537, 7)],
    ['of 10 MiB', Buffer.alloc(10_485_760, 'x')],
  ])('keeps a body that is %s, and its length', async (_, body) => {
    const { url, instance, captured } = await anEcho()
    const headers = { 'Content-Length': String(body.byteLength) }
    const got = await ask(`${url}/x`, { method: 'POST', body, headers })
    expect(got.body.equals(body)).toBe(true)
    expect(instance.seen[0]?.body.equals(body)).toBe(true)
    expect(instance.seen[0]?.headers['content-length']).toBe(String(body.byteLength))
    const { request, response } = await captured.next()
    expect(request.bytes).toBe(body.byteLength)
    expect(response?.bytes).toBe(body.byteLength)
    expect(request.kept.byteLength).toBeLessThanOrEqual(16_384)
  })

  it('keeps a chunked body chunked, also of a GET', async () => {
    const { url, instance } = await anEcho()
    for (const method of ['POST', 'GET']) {
      const pieces = [Buffer.from('one '), Buffer.from('two')]
      const headers = { 'Transfer-Encoding': 'chunked' }
      const got = await ask(`${url}/x`, { method, body: pieces, headers })
      expect(got.body.toString()).toBe('one two')
    }
    expect(instance.seen.map(({ headers }) => headers['transfer-encoding'])).toEqual([
      'chunked',
      'chunked',
    ])
    expect(instance.seen[0]?.headers['content-length']).toBeUndefined()
  })

  it('that has no body gets none, and says so where there could be one', async () => {
    const { url, instance } = await anEcho()
    await ask(`${url}/x`, { method: 'DELETE' })
    expect(instance.seen[0]?.headers).not.toHaveProperty('transfer-encoding')
    expect(instance.seen[0]?.headers).not.toHaveProperty('content-length')
  })

  it('is greater than 10 MiB and declares it: 413 before it was sent', async () => {
    const { url, instance } = await anEcho()
    const got = await ask(`${url}/x`, {
      method: 'POST',
      headers: { 'Content-Length': '10485761', Expect: '100-continue' },
    }).catch(() => undefined)
    expect(got?.status).toBe(413)
    expect(instance.seen).toHaveLength(0)
  })

  it('turns out greater than 10 MiB on its way: 413, captured', async () => {
    const { url, captured } = await anEcho()
    const body = Array.from({ length: 11 }, () => Buffer.alloc(1_048_576))
    const headers = { 'Transfer-Encoding': 'chunked' }
    const got = await ask(`${url}/x`, { method: 'POST', body, headers })
    expect(got.status).toBe(413)
    expect(await captured.next()).toMatchObject({ fault: { kind: 'too-large' }, status: 413 })
  })

  it('waits for leave to send, and gets it from the bridge', async () => {
    const { url, instance } = await anEcho()
    const headers = { Expect: '100-continue', 'Content-Length': '2' }
    const { port } = new URL(url)
    const connection = rawHttp(
      Number(port),
      'POST /proxy/billing/x HTTP/1.1\r\nHost: a\r\nX-API-Key: key-of-the-caller\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n',
    )
    await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    connection.socket.write('hi')
    expect(await connection.until(/\r\n\r\nhi$/)).toContain('HTTP/1.1 200 OK')
    connection.socket.destroy()
    expect(instance.seen[0]?.headers).not.toHaveProperty('expect')
    expect(headers.Expect).toBe('100-continue')
  })

  it('leaves its trailers behind', async () => {
    const { url, instance } = await anEcho()
    const headers = { 'Transfer-Encoding': 'chunked', Trailer: 'X-Sum' }
    await ask(`${url}/x`, {
      method: 'POST',
      headers,
      body: [Buffer.from('a')],
      trailers: { 'X-Sum': '1' },
    })
    expect(instance.seen[0]?.trailers).toEqual({})
    expect(instance.seen[0]?.headers).not.toHaveProperty('trailer')
  })

  it('keeps its correlation, session, trace and deadline', async () => {
    const { url, instance, captured } = await anEcho()
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    const got = await ask(`${url}/x`, {
      headers: {
        'X-Correlation-ID': 'order-7',
        'X-Session-ID': 's-1',
        traceparent: `00-${trace}-00f067aa0ba902b7-01`,
        tracestate: 'a=1',
        baggage: 'tenant=t1',
        'X-Deadline': String(Date.now() + 5_000),
      },
    })
    const headers = instance.seen[0]?.headers ?? {}
    expect(headers['x-correlation-id']).toBe('order-7')
    expect(headers['x-session-id']).toBe('s-1')
    expect(headers.traceparent).toMatch(
      new RegExp(`^00-${trace}-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$`),
    )
    expect(headers.tracestate).toBe('a=1')
    expect(headers.baggage).toBe('tenant=t1,omninode-versions=billing:1.2.3')
    expect(got.headers['x-correlation-id']).toBe('order-7')
    expect(got.headers.traceparent).toBe(headers.traceparent)
    const call = await captured.next()
    expect(call).toMatchObject({ correlationId: 'order-7', sessionId: 's-1' })
    expect(call.traceparent).toBe(headers.traceparent)
  })

  it('shows where it came from, but not the key that let it in', async () => {
    const { url, instance } = await anEcho()
    await ask(`${url}/x`, { headers: { Authorization: 'Bearer for-the-instance' } })
    const headers = instance.seen[0]?.headers ?? {}
    expect(headers['x-api-key']).toBeUndefined()
    expect(headers.authorization).toBe('Bearer for-the-instance')
    expect(headers.host).toBe(`127.0.0.1:${instance.port}`)
    expect(headers.via).toBe('1.1 omninode-bridge')
    expect(headers.forwarded).toMatch(/^for=127\.0\.0\.1;host="127\.0\.0\.1:\d+";proto=http$/)
    expect(headers['x-forwarded-for']).toBe('127.0.0.1')
  })
})

describe('an answer through the proxy', () => {
  /** An instance that answers so, and what comes of it through the proxy. */
  async function answered(
    answer: Parameters<typeof anInstance>[0],
    options: Parameters<typeof ask>[1] = {},
  ) {
    const instance = await anInstance(answer)
    const proxy = await aProxy({ instances: [{ port: instance.port }] })
    return { got: await ask(`${proxy.url}/x`, options), ...proxy }
  }

  it.each([200, 201, 302, 400, 404, 418, 500, 501])('keeps its status %i', async (status) => {
    const { got, captured } = await answered((_, response) => {
      response.writeHead(status, { Location: 'http://elsewhere.test/' }).end('x')
    })
    expect(got.status).toBe(status)
    expect(got.headers.location).toBe('http://elsewhere.test/')
    expect(await captured.next()).toMatchObject({
      status,
      outcome: status === 500 || status === 501 ? 'error' : 'ok',
    })
  })

  it.each([
    [204, 'GET'],
    [304, 'GET'],
    [200, 'HEAD'],
  ])('of %i to %s has no body, and the connection goes on', async (status, method) => {
    const { got } = await answered(
      (_, response) => {
        const length = status === 204 ? {} : { 'Content-Length': '5' }
        response.writeHead(status, { ETag: '"a"', ...length }).end()
      },
      { method },
    )
    expect(got).toMatchObject({ status, whole: true })
    expect(got.body.byteLength).toBe(0)
    expect(got.headers.etag).toBe('"a"')
    expect(got.headers['content-length']).toBe(status === 204 ? undefined : '5')
    expect(got.headers['transfer-encoding']).toBeUndefined()
  })

  it('keeps compressed bytes as they are', async () => {
    const packed = gzipSync('hello hello hello')
    const { got } = await answered((_, response) => {
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': packed.byteLength })
      response.end(packed)
    })
    expect(got.body.equals(packed)).toBe(true)
    expect(got.headers['content-encoding']).toBe('gzip')
  })

  it('keeps cookies apart, and the case and order of headers', async () => {
    const { got } = await answered((_, response) => {
      response.writeHead(200, [
        'X-B',
        '1',
        'Set-Cookie',
        'a=1; Path=/',
        'x-a',
        '2',
        'Set-Cookie',
        'b=2',
      ])
      response.end()
    })
    const names = got.rawHeaders.filter((_, at) => at % 2 === 0)
    expect(names.slice(0, 4)).toEqual(['X-B', 'Set-Cookie', 'x-a', 'Set-Cookie'])
    expect(got.headers['set-cookie']).toEqual(['a=1; Path=/', 'b=2'])
  })

  it('comes as it is made, and without its trailers', async () => {
    const { got } = await answered((_, response) => {
      response.writeHead(200, { Trailer: 'X-Sum' })
      response.write('one ')
      response.addTrailers({ 'X-Sum': '1' })
      response.end('two')
    })
    expect(got.body.toString()).toBe('one two')
    expect(got.headers['transfer-encoding']).toBe('chunked')
    expect(got.headers.trailer).toBeUndefined()
    expect(got.trailers).toEqual({})
  })

  it('is preceded by its 1xx answers, but for leave to send that nobody asked it for', async () => {
    const { got } = await answered((_, response) => {
      response.writeContinue()
      response.writeProcessing()
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.end('x')
    })
    expect(got.before).toEqual([102, 103])
    expect(got.status).toBe(200)
  })

  it('says what it took, and where it came from', async () => {
    const { got, captured } = await answered((_, response) => {
      setTimeout(() => response.writeHead(200, { 'Server-Timing': 'db;dur=1' }).end('x'), 20)
    })
    const [own = '', ours = ''] = String(got.headers['server-timing']).split(', upstream')
    expect(own).toBe('db;dur=1')
    const [, upstreamMs = 0, bridgeMs = 99] = /;dur=([\d.]+), bridge;dur=([\d.]+)/.exec(ours) ?? []
    expect(Number(upstreamMs)).toBeGreaterThanOrEqual(19)
    expect(Number(bridgeMs)).toBeLessThan(20)
    expect(got.headers).toMatchObject({
      via: '1.1 omninode-bridge',
      'served-version': '1.2.3',
      'x-bridge-instance': 'billing-0',
    })
    const { timings, route } = await captured.next()
    expect(timings.firstByte).toBeGreaterThanOrEqual(19)
    expect(timings.total).toBeGreaterThanOrEqual(timings.upstream)
    expect(route).toMatchObject({
      instance: 'billing-0',
      version: '1.2.3',
      cache: 'off',
      stale: false,
    })
  })

  it('goes to a caller of HTTP/1.0 without chunks', async () => {
    const instance = await anInstance((_, response) => {
      response.write('one ')
      response.end('two')
    })
    const { port } = await aProxy({ instances: [{ port: instance.port }] })
    const text = 'GET /proxy/billing/x HTTP/1.0\r\nX-API-Key: key-of-the-caller\r\n\r\n'
    const got = await rawHttp(port, text).ended
    expect(got).toMatch(/\r\n\r\none two$/)
    expect(got).not.toMatch(/transfer-encoding/i)
    expect(instance.seen[0]?.headers.via).toBe('1.0 omninode-bridge')
  })

  it('comes over one connection that is kept', async () => {
    const instance = await anInstance((_, response) => response.end('x'))
    let connections = 0
    instance.server.on('connection', () => connections++)
    const { url, captured } = await aProxy({ instances: [{ port: instance.port }] })
    for (let at = 0; at < 5; at++) await ask(`${url}/${at}`)
    expect(connections).toBe(1)
    expect((await captured.next()).timings.connect).toBeGreaterThan(0)
    expect((await captured.next()).timings.connect).toBeUndefined()
  })

  it('is a stream of events: each comes at once, and the last one whole when the host stops', async () => {
    const instance = await anInstance((_, response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' })
      response.write('data: 1\n\n')
    })
    const { port, endStreams, captured } = await aProxy({ instances: [{ port: instance.port }] })
    const caller = rawHttp(
      port,
      'GET /proxy/billing/x HTTP/1.1\r\nHost: a\r\nX-API-Key: key-of-the-caller\r\n\r\n',
    )
    await caller.until(/data: 1/)
    endStreams()
    expect(await caller.until(/0\r\n\r\n$/)).toContain('data: 1')
    expect(await captured.next()).toMatchObject({ outcome: 'cancelled', status: 200 })
    caller.socket.destroy()
  })

  it('of which only the head comes for now goes out all the same', async () => {
    const { port } = await anInstance((_, response) => {
      response.writeHead(200, { 'X-Early': '1' })
      response.flushHeaders()
    })
    const proxy = await aProxy({ instances: [{ port }] })
    const caller = rawHttp(
      proxy.port,
      'GET /proxy/billing/x HTTP/1.1\r\nHost: a\r\nX-API-Key: key-of-the-caller\r\n\r\n',
    )
    await caller.until(/X-Early: 1\r\n/)
    caller.socket.destroy()
  })

  it('of 100 MB goes through, in little memory', async () => {
    const piece = Buffer.alloc(1_048_576, 1)
    const { got, captured } = await answered(async (_, response) => {
      response.writeHead(200, { 'Content-Length': 100 * piece.byteLength })
      for (let at = 0; at < 100; at++) {
        if (!response.write(piece)) await new Promise((done) => response.once('drain', done))
      }
      response.end()
    })
    expect(got.body.byteLength).toBe(104_857_600)
    const { response } = await captured.next()
    expect(response).toMatchObject({ bytes: 104_857_600 })
    expect(response?.kept.byteLength).toBe(16_384)
  })
})

describe('OPTIONS that goes no further', () => {
  it('is answered by the bridge itself (RFC 9110, 7.6.2)', async () => {
    const { url, instance } = await anEcho()
    const got = await ask(`${url}/x`, { method: 'OPTIONS', headers: { 'Max-Forwards': '0' } })
    expect(got.status).toBe(204)
    expect(got.headers.allow).toContain('DELETE')
    expect(instance.seen).toHaveLength(0)
  })

  it('TRACE, which would show what others added, is not passed on', async () => {
    const { url, instance } = await anEcho()
    expect(await ask(`${url}/x`, { method: 'TRACE' })).toMatchObject({ status: 405 })
    expect(instance.seen).toHaveLength(0)
  })
})

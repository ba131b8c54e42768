import { createServer as createTlsServer } from 'node:https'
import type { Socket } from 'node:net'
import { createServer as createNetServer } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import type { CallFault } from '#shared/domain/calls/call.ts'
import { certificates } from '#test/support/certificates.ts'
import { anInstance, aProxy, aRawInstance, ask, listening, problemIn } from '#test/support/proxy.ts'
import { rawHttp } from '#test/support/raw-http.ts'

/** What a caller of an instance that talks so gets, and what is captured of it. */
async function answeredBy(
  talk: (socket: Socket) => void,
  options: Parameters<typeof ask>[1] = {},
  timeoutMs = 300,
) {
  const { port } = await aRawInstance(talk)
  const proxy = await aProxy({
    instances: [{ port }],
    rules: { timeout: { defaultMs: timeoutMs }, retry: { attempts: 1 } },
  })
  const got = await ask(`${proxy.url}/x`, options)
  return { got, call: await proxy.captured.next(), ...proxy }
}

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n'

describe('an instance that gives no answer', () => {
  const cases: readonly [string, (socket: Socket) => void, number, CallFault][] = [
    ['hangs', () => undefined, 504, 'timeout'],
    ['trickles its head', trickle('HTTP/1.1 200 OK\r\nX-Slow: '), 504, 'timeout'],
    ['closes', (socket) => socket.end(), 502, 'reset'],
    ['resets', (socket) => socket.resetAndDestroy(), 502, 'reset'],
    ['closes in its head', (socket) => socket.end('HTTP/1.1 200 OK\r\nX'), 502, 'reset'],
    ['speaks another protocol', (socket) => socket.end('SSH-2.0-x\r\n'), 502, 'malformed-response'],
    [
      'has a space in a header name',
      say('HTTP/1.1 200 OK\r\nA b: c\r\n\r\n'),
      502,
      'malformed-response',
    ],
    ['has a NUL in a header', say('HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n'), 502, 'malformed-response'],
    ['folds a header', say('HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n'), 502, 'malformed-response'],
    [
      'gives two lengths',
      say(`${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`),
      502,
      'malformed-response',
    ],
    [
      'gives a length and chunks',
      say(`${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`),
      502,
      'malformed-response',
    ],
    ['gives no length', say(`${HEAD}Content-Length: many\r\n\r\n`), 502, 'malformed-response'],
    [
      'has huge headers',
      say(`HTTP/1.1 200 OK\r\nA: ${'x'.repeat(40_000)}\r\n\r\n`),
      502,
      'malformed-response',
    ],
    [
      'has many headers',
      say(`HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(9_000)}\r\n`),
      502,
      'malformed-response',
    ],
    [
      'has a status that is none',
      say('HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n'),
      502,
      'malformed-response',
    ],
    [
      'changes the protocol',
      say('HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      502,
      'malformed-response',
    ],
  ]

  it.each(cases)('because it %s', async (_, talk, status, kind) => {
    const { got, call } = await answeredBy(talk)
    expect(got.status).toBe(status)
    expect(got.headers['content-type']).toBe('application/problem+json')
    expect(problemIn(got)).toMatchObject({
      type: `urn:omninode:problem:${kind}`,
      status,
      instance: `urn:uuid:${call.id}`,
    })
    expect(got.headers['x-bridge-instance']).toBe('billing-0')
    expect(got.headers['server-timing']).toMatch(/^upstream;dur=[\d.]+, bridge;dur=[\d.]+$/)
    expect(call).toMatchObject({ fault: { kind }, status, outcome: 'error' })
    expect(call.response).toBeUndefined()
    expect(call.route.attempts).toMatchObject([{ instance: 'billing-0', outcome: kind }])
  })

  it('is told to a HEAD without a body', async () => {
    const { got } = await answeredBy((socket) => socket.end(), { method: 'HEAD' })
    expect(got).toMatchObject({ status: 502, whole: true })
    expect(got.body.byteLength).toBe(0)
  })

  it('because nobody is there', async () => {
    const port = await closedPort()
    const { url, captured } = await aProxy({ instances: [{ port }] })
    expect(await ask(`${url}/x`)).toMatchObject({ status: 502 })
    expect(await captured.next()).toMatchObject({ fault: { kind: 'unreachable' } })
  })

  it('because its name leads nowhere', async () => {
    const { url, captured } = await aProxy({
      instances: [{ address: 'nowhere.invalid', port: 80 }],
    })
    expect(await ask(`${url}/x`)).toMatchObject({ status: 502 })
    expect(await captured.next()).toMatchObject({ fault: { kind: 'unresolved' } })
  })

  it('within the deadline of the caller', async () => {
    const { port } = await aRawInstance(() => undefined)
    const { url, captured } = await aProxy({ instances: [{ port }] })
    const began = performance.now()
    const headers = { 'X-Deadline': String(Date.now() + 200) }
    expect(await ask(`${url}/x`, { headers })).toMatchObject({ status: 504 })
    expect(performance.now() - began).toBeLessThan(1_500)
    expect(await captured.next()).toMatchObject({ fault: { kind: 'timeout' } })
  })

  it('is not asked once the deadline is over', async () => {
    const { port, connections } = await aRawInstance(() => undefined)
    const { url, captured } = await aProxy({ instances: [{ port }] })
    const headers = { 'X-Deadline': new Date(Date.now() - 1).toISOString() }
    expect(await ask(`${url}/x`, { headers })).toMatchObject({ status: 504 })
    expect(await captured.next()).toMatchObject({ fault: { kind: 'timeout' } })
    expect(connections()).toBe(0)
  })
})

describe('an answer that breaks off', () => {
  const cases: readonly [string, (socket: Socket) => void, CallFault][] = [
    [
      'is shorter than it says',
      (socket) => socket.end(`${HEAD}Content-Length: 100\r\n\r\nshort`),
      'reset',
    ],
    [
      'resets',
      (socket) =>
        socket.write(`${HEAD}Content-Length: 9\r\n\r\nabc`, () =>
          setTimeout(() => socket.resetAndDestroy(), 50),
        ),
      'reset',
    ],
    [
      'ends between chunks',
      (socket) => socket.end(`${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`),
      'reset',
    ],
    [
      'has a chunk of no length',
      say(`${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`, 'zz\r\n'),
      'malformed-response',
    ],
    [
      'has a chunk longer than it says',
      say(`${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc`, 'def\r\n0\r\n\r\n'),
      'malformed-response',
    ],
  ]

  it.each(cases)('because it %s cuts the caller off', async (_, talk, kind) => {
    const { got, call } = await answeredBy(talk)
    expect(got).toMatchObject({ status: 200, whole: false })
    expect(call).toMatchObject({ status: 200, fault: { kind }, outcome: 'error' })
    expect(call.response?.bytes).toBeGreaterThan(0)
  })

  it('is cut off for a caller of HTTP/1.0, too, whose end of a body is the end of a connection', async () => {
    const { port } = await aRawInstance((socket) =>
      socket.end(`${HEAD}Content-Length: 100\r\n\r\nshort`),
    )
    const proxy = await aProxy({ instances: [{ port }] })
    const text = 'GET /proxy/billing/x HTTP/1.0\r\nX-API-Key: key-of-the-caller\r\n\r\n'
    await expect(rawHttp(proxy.port, text).ended).rejects.toThrow('ECONNRESET')
  })

  it('is longer than it says: what is beyond is never the answer to somebody else', async () => {
    const { port, connections } = await aRawInstance((socket, request) => {
      const body = request.includes('/first') ? 'first' : 'other'
      socket.write(`${HEAD}Content-Length: 5\r\n\r\n${body}${HEAD}Content-Length: 6\r\n\r\npoison`)
    })
    const { url } = await aProxy({ instances: [{ port }] })
    expect((await ask(`${url}/first`)).body.toString()).toBe('first')
    expect((await ask(`${url}/second`)).body.toString()).toBe('other')
    expect(connections()).toBe(2)
  })

  it('is followed by an answer that nobody asked for, later: the same', async () => {
    const { port, connections } = await aRawInstance((socket, request) => {
      const body = request.includes('/first') ? 'first' : 'other'
      socket.write(`${HEAD}Content-Length: 5\r\n\r\n${body}`)
      setTimeout(() => socket.write(`${HEAD}Content-Length: 6\r\n\r\npoison`), 20)
    })
    const { url } = await aProxy({ instances: [{ port }] })
    expect((await ask(`${url}/first`)).body.toString()).toBe('first')
    await new Promise((done) => setTimeout(done, 100))
    expect((await ask(`${url}/second`)).body.toString()).toBe('other')
    expect(connections()).toBe(2)
  })
})

describe('a caller that leaves', () => {
  it('ends the request to the instance, and is captured as cancelled', async () => {
    const ended = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const { port } = await aRawInstance((socket) => {
      socket.on('close', () => ended.resolve())
      asked.resolve()
    })
    const proxy = await aProxy({ instances: [{ port }] })
    const text = 'GET /proxy/billing/x HTTP/1.1\r\nHost: a\r\nX-API-Key: key-of-the-caller\r\n\r\n'
    const caller = rawHttp(proxy.port, text)
    await asked.promise
    caller.socket.destroy()
    await ended.promise
    const call = await proxy.captured.next()
    expect(call).toMatchObject({ outcome: 'cancelled', fault: { kind: 'caller-left' } })
    expect(call.status).toBeUndefined()
    expect(proxy.breakers).toEqual([])
  })

  it('in the middle of an answer ends it, too', async () => {
    const ended = Promise.withResolvers<void>()
    const { port } = await aRawInstance((socket) => {
      socket.on('close', () => ended.resolve())
      socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`)
    })
    const proxy = await aProxy({ instances: [{ port }] })
    const text = 'GET /proxy/billing/x HTTP/1.1\r\nHost: a\r\nX-API-Key: key-of-the-caller\r\n\r\n'
    const caller = rawHttp(proxy.port, text)
    await caller.until(/abc/)
    caller.socket.destroy()
    await ended.promise
    expect(await proxy.captured.next()).toMatchObject({ outcome: 'cancelled', status: 200 })
  })

  it('in the middle of its body ends the request', async () => {
    const ended = Promise.withResolvers<void>()
    const asked = Promise.withResolvers<void>()
    const { port } = await aRawInstance((socket) => {
      socket.on('close', () => ended.resolve())
      asked.resolve()
    })
    const proxy = await aProxy({ instances: [{ port }] })
    const caller = rawHttp(
      proxy.port,
      'POST /proxy/billing/x HTTP/1.1\r\nHost: a\r\nX-API-Key: key-of-the-caller\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
    )
    await asked.promise
    caller.socket.destroy()
    await ended.promise
    expect(await proxy.captured.next()).toMatchObject({ outcome: 'cancelled' })
  })
})

describe('an answer to a request that is not whole yet', () => {
  it('reaches the caller', async () => {
    const { got, call } = await answeredBy(
      (socket) => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno'),
      {
        method: 'POST',
        headers: { 'Content-Length': '5000000' },
        body: Buffer.alloc(5_000_000),
      },
    )
    expect(got).toMatchObject({ status: 403, whole: true })
    expect(got.body.toString()).toBe('no')
    expect(call).toMatchObject({ status: 403, outcome: 'ok' })
  })
})

describe('TLS to an instance', () => {
  const made = certificates()
  afterAll(() => made.remove())
  const authority = made.authority('instances')
  const serve = async (names: readonly string[]) => {
    const { cert, keyText: key } = authority.issue('/CN=billing', names)
    return listening(createTlsServer({ cert, key }, (_, response) => response.end('safe')))
  }

  it('is spoken to one whose certificate names it', async () => {
    const port = await serve(['IP:127.0.0.1'])
    const { url, captured } = await aProxy({
      instances: [{ port, protocol: 'https' }],
      ca: authority.cert,
    })
    expect((await ask(`${url}/x`)).body.toString()).toBe('safe')
    expect((await captured.next()).timings.tls).toBeGreaterThan(0)
  })

  it.each([
    ['is of an unknown authority', ['IP:127.0.0.1'], undefined],
    ['names somebody else', ['DNS:other.test'], authority.cert],
  ])('is refused where the certificate %s', async (_, names, ca) => {
    const port = await serve(names)
    const { url, captured } = await aProxy({
      instances: [{ port, protocol: 'https' }],
      ...(ca === undefined ? {} : { ca }),
    })
    expect(await ask(`${url}/x`)).toMatchObject({ status: 502 })
    expect(await captured.next()).toMatchObject({ fault: { kind: 'tls' } })
  })

  it('fails where none is spoken', async () => {
    const { port } = await anInstance((_, response) => response.end())
    const { url, captured } = await aProxy({ instances: [{ port, protocol: 'https' }] })
    expect(await ask(`${url}/x`)).toMatchObject({ status: 502 })
    expect(await captured.next()).toMatchObject({ fault: { kind: 'tls' } })
  })
})

/** Says a text, and another one when the first has had time to arrive. */
function say(text: string, later?: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(text, 'latin1')
    if (later !== undefined) setTimeout(() => socket.write(later, 'latin1'), 50)
  }
}

function trickle(text: string): (socket: Socket) => void {
  return (socket) => {
    socket.write(text)
    const timer = setInterval(() => socket.write('x'), 20)
    socket.on('close', () => clearInterval(timer))
  }
}

async function closedPort(): Promise<number> {
  const server = createNetServer().listen(0, '127.0.0.1')
  await new Promise((done) => server.once('listening', done))
  const { port } = server.address() as { port: number }
  await new Promise((done) => server.close(done))
  return port
}

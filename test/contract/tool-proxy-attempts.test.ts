import { describe, expect, it } from 'vitest'
import type { InstanceChooser } from '#shared/domain/resilience/instance-chooser.ts'
import type { Upstream } from '#shared/ports/upstream.ts'
import { anInstance, aProxy, aRawInstance, ask, problemIn } from '#test/support/proxy.ts'

const GOOD = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood'
const learned = {
  operation: 'GET /x',
  version: '1.2.3',
  calls: 1_000,
  p50Ms: 5,
  p95Ms: 20,
  p99Ms: 200,
  learnedAt: new Date().toISOString(),
}

/** Two instances of which the first that is asked does something else, and a proxy in front of them. */
async function twoInstances(
  first: Parameters<typeof aRawInstance>[0],
  options: Partial<Parameters<typeof aProxy>[0]> = {},
) {
  let isFirst = true
  const talk: Parameters<typeof aRawInstance>[0] = (socket, request, connection) => {
    if (!isFirst) return void socket.write(GOOD)
    isFirst = false
    first(socket, request, connection)
  }
  const [one, other] = await Promise.all([aRawInstance(talk), aRawInstance(talk)])
  const instances = [{ port: one.port }, { port: other.port }]
  const rules = { retry: { budget: 1 }, ...options.rules }
  return aProxy({ ...options, instances, rules })
}

describe('a call that an instance does not answer', () => {
  it.each([
    ['GET', undefined],
    ['PUT', 'body'],
  ])('goes to another when it is a %s', async (method, body) => {
    const { url, captured } = await twoInstances((socket) => socket.resetAndDestroy())
    const got = await ask(`${url}/x`, { method, ...(body === undefined ? {} : { body }) })
    expect(got).toMatchObject({ status: 200 })
    const { route, fault } = await captured.next()
    expect(route.attempts.map(({ outcome }) => outcome)).toEqual(['reset', '200'])
    expect(got.headers['x-bridge-instance']).toBe(route.attempts[1]?.instance)
    expect(route.attempts.every(({ why }) => why && why.length > 0)).toBe(true)
    expect(fault).toBeUndefined()
  })

  it('goes to no other when it is a POST that may have arrived', async () => {
    const { url, captured } = await twoInstances((socket) => socket.resetAndDestroy())
    expect(await ask(`${url}/x`, { method: 'POST', body: 'a' })).toMatchObject({ status: 502 })
    expect((await captured.next()).route.attempts).toHaveLength(1)
  })

  it('goes to another when it is a POST with a key that makes it one', async () => {
    const { url } = await twoInstances((socket) => socket.resetAndDestroy())
    const headers = { 'Idempotency-Key': '"a"' }
    expect(await ask(`${url}/x`, { method: 'POST', body: 'a', headers })).toMatchObject({
      status: 200,
    })
  })

  it('goes to another as a POST when the first could not be reached', async () => {
    const { port } = await anInstance((_, response) => response.end('good'))
    const { url, captured } = await aProxy({
      instances: [{ port }, { port: 1, meta: { zone: 'near' } }],
      rules: { retry: { budget: 1 } },
      dependencies: { zone: 'near' },
    })
    expect(await ask(`${url}/x`, { method: 'POST', body: 'a' })).toMatchObject({ status: 200 })
    const { attempts } = (await captured.next()).route
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['unreachable', '200'])
  })

  it('gets the answer of the first when it says 503 and there is no other', async () => {
    const { port, seen } = await anInstance((_, response) => response.writeHead(503).end('busy'))
    const { url } = await aProxy({ instances: [{ port }], rules: { retry: { budget: 1 } } })
    const got = await ask(`${url}/x`)
    expect(got.status).toBe(503)
    expect(got.body.toString()).toBe('busy')
    expect(seen).toHaveLength(1)
  })

  it('goes to another when it says 503', async () => {
    const { url } = await twoInstances((socket) => {
      socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n')
    })
    expect((await ask(`${url}/x`)).body.toString()).toBe('good')
  })

  it('is not sent twice when part of its answer is out', async () => {
    const { url } = await twoInstances((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc', () => {
        setTimeout(() => socket.resetAndDestroy(), 30)
      })
    })
    expect(await ask(`${url}/x`)).toMatchObject({ whole: false })
  })
})

describe('a call that takes longer than most', () => {
  it('is sent to a second instance, whose answer counts', async () => {
    const ended = Promise.withResolvers<void>()
    const { url, captured } = await twoInstances(
      (socket) => socket.on('close', () => ended.resolve()),
      { rules: { retry: { budget: 1, hedge: true } }, catalog: { learned: [learned] } },
    )
    expect((await ask(`${url}/x`)).body.toString()).toBe('good')
    await ended.promise
    const { attempts } = (await captured.next()).route
    expect(attempts).toMatchObject([{ outcome: 'abandoned' }, { outcome: '200', hedge: true }])
  })

  it('is not, unless the rules say so: then it is given up after three times the learned p99', async () => {
    const { url, captured } = await twoInstances(() => undefined, {
      catalog: { learned: [learned] },
    })
    expect((await ask(`${url}/x`)).body.toString()).toBe('good')
    const { attempts } = (await captured.next()).route
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['timeout', '200'])
    expect(attempts[0]?.ms).toBeGreaterThan(550)
    expect(attempts[0]?.ms).toBeLessThan(2_000)
  })

  it('and for longer than anybody waits is answered 504', async () => {
    const { url, captured } = await twoInstances(() => undefined, {
      rules: { timeout: { defaultMs: 200 }, retry: { budget: 1 } },
    })
    const got = await ask(`${url}/x`)
    expect(got.status).toBe(504)
    expect(problemIn(got).detail).toMatch(/did not answer in 200 ms/)
    expect((await captured.next()).route.attempts).toHaveLength(1)
  })
})

describe('a connection that was kept', () => {
  it('and turns out closed is made anew for what may be sent again', async () => {
    const { port, connections } = await aRawInstance((socket, request, connection) => {
      if (connection === 1 && request.includes('/second')) socket.resetAndDestroy()
      else socket.write(GOOD)
    })
    const { url, captured } = await aProxy({
      instances: [{ port }],
      rules: { retry: { attempts: 1 } },
    })
    await ask(`${url}/first`)
    expect(await ask(`${url}/second`)).toMatchObject({ status: 200 })
    expect(connections()).toBe(2)
    await captured.next()
    expect((await captured.next()).route.attempts).toHaveLength(1)
  })

  it('and turns out closed fails what may not', async () => {
    const { port } = await aRawInstance((socket, request, connection) => {
      if (connection === 1 && request.includes('/second')) socket.resetAndDestroy()
      else socket.write(GOOD)
    })
    const { url } = await aProxy({ instances: [{ port }], rules: { retry: { attempts: 1 } } })
    await ask(`${url}/first`)
    expect(await ask(`${url}/second`, { method: 'POST' })).toMatchObject({ status: 502 })
  })
})

describe('a circuit that is open', () => {
  it('refuses calls at once with the time to come back, and is told of', async () => {
    const { port, connections } = await aRawInstance((socket) => socket.resetAndDestroy())
    const { url, captured, breakers } = await aProxy({
      instances: [{ port }],
      rules: { breaker: { failures: 2, openMs: 20_000 }, retry: { attempts: 1 } },
    })
    await ask(`${url}/x`)
    await ask(`${url}/x`)
    const before = connections()
    const got = await ask(`${url}/x`)
    expect(got.status).toBe(503)
    expect(Number(got.headers['retry-after'])).toBeGreaterThan(15)
    expect(problemIn(got)).toMatchObject({ type: 'urn:omninode:problem:circuit-open' })
    expect(connections()).toBe(before)
    await captured.next()
    await captured.next()
    expect(await captured.next()).toMatchObject({ fault: { kind: 'circuit-open' } })
    expect(breakers.map(({ state }) => state)).toContain('open')
  })
})

describe('a request that can not be sent', () => {
  it('fails its call, and is no longer under way to its instance', async () => {
    const told: unknown[] = []
    const chooser: InstanceChooser = {
      choose: ({ instances: [instance] }) => {
        if (!instance) throw new Error('no instance')
        return { type: 'chosen', instance, why: '', ended: ({ verdict }) => told.push(verdict) }
      },
      mayRetry: () => false,
    }
    const upstream: Upstream = {
      send() {
        throw new Error('a defect')
      },
      close: async () => undefined,
    }
    const { url } = await aProxy({ instances: [{ port: 1 }], dependencies: { chooser, upstream } })
    expect(await ask(`${url}/x`)).toMatchObject({ status: 500 })
    expect(told).toEqual(['abandoned'])
  })
})

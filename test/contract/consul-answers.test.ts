import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { consulDirectory } from '#shared/adapters/consul/directory.ts'
import { consulKeyValue } from '#shared/adapters/consul/key-value.ts'
import { consulLocks } from '#shared/adapters/consul/locks.ts'
import { consulSettings } from '#shared/adapters/consul/settings.ts'
import { follow } from '#test/support/watcher.ts'

const SOON = { timeout: 5_000, interval: 20 }

type Answering = (request: IncomingMessage, response: ServerResponse, nr: number) => void

/** A server that answers what a Consul rarely does, and the requests that it got. */
async function answering(answer: Answering) {
  const asked: { method: string; url: URL }[] = []
  const server = createServer((request, response) => {
    asked.push({ method: request.method ?? '', url: new URL(request.url ?? '', 'http://x') })
    answer(request, response, asked.length)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const settings = consulSettings({ CONSUL_HTTP_ADDR: `http://127.0.0.1:${port}` })
  const [directory, store] = [consulDirectory(settings), consulKeyValue(settings)]
  const locks = consulLocks(settings)
  onTestFinished(async () => {
    for (const one of [directory, store, locks]) await one.close()
    server.close().closeAllConnections()
  })
  return { asked, directory, store, locks }
}

function json(response: ServerResponse, status: number, body: unknown, index?: number): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(index === undefined ? {} : { 'x-consul-index': String(index) }),
  })
  response.end(JSON.stringify(body))
}

const item = (value: string) => [
  { Key: 'omninode-bridge/a', Value: Buffer.from(value).toString('base64'), ModifyIndex: 1 },
]

describe('what Consul answers', () => {
  it.each([
    { status: 400, kind: 'InvalidInput', tries: 1 },
    { status: 403, kind: 'Forbidden', tries: 1 },
    { status: 404, kind: 'NotFound', tries: 1 },
    { status: 429, kind: 'TooManyRequests', tries: 1 },
    { status: 500, kind: 'Unavailable', tries: 3 },
    { status: 503, kind: 'Unavailable', tries: 3 },
  ])(
    'is $kind for a read that is answered $status, after $tries tries',
    async ({ status, kind, tries }) => {
      const { asked, directory } = await answering((_, response) => {
        response.writeHead(status, { 'content-type': 'text/plain' }).end('No cluster leader')
      })
      await expect(directory.services()).rejects.toMatchObject({
        ...{ kind, message: expect.stringContaining('No cluster leader') },
      })
      expect(asked).toHaveLength(tries)
    },
  )

  it('is asked for again when it was no answer, and the second one counts', async () => {
    const { asked, store } = await answering((_, response, nr) => {
      if (nr === 1) response.destroy()
      else json(response, 200, item('x'))
    })
    expect(await store.get('a')).toMatchObject({ value: 'x' })
    expect(asked).toHaveLength(2)
  })

  it.each(['create', 'set'] as const)(
    'is not asked for again by %s, which may have happened',
    async (verb) => {
      const { asked, store } = await answering((_, response) => void response.destroy())
      await expect(store[verb]('a', 'x')).rejects.toMatchObject({ kind: 'Unavailable' })
      expect(asked).toHaveLength(1)
    },
  )

  it('is no failure when later versions say 404 of an instance to forget', async () => {
    const { asked, directory } = await answering((_, response) => {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Unknown service ID "web:one"')
    })
    const ref = { service: 'web', id: 'one' }
    await directory.deregister(ref)
    await expect(directory.renew(ref)).rejects.toMatchObject({ kind: 'NotFound' })
    expect(asked.map(({ url }) => url.pathname)).toEqual([
      '/v1/agent/service/deregister/web%3Aone',
      '/v1/agent/check/pass/ttl%3Aweb%3Aone',
    ])
  })

  it('counts as refused when the token may read a part alone', async () => {
    const { directory } = await answering((_, response) => {
      response.setHeader('x-consul-results-filtered-by-acls', 'true')
      json(response, 200, [])
    })
    await expect(directory.lookup('web')).rejects.toMatchObject({ kind: 'Forbidden' })
  })

  it('is given up when it trickles', async () => {
    const { store } = await answering((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const trickle = setInterval(() => response.write(' '), 100)
      response.on('close', () => clearInterval(trickle))
    })
    const started = performance.now()
    await expect(store.get('a')).rejects.toMatchObject({ kind: 'Unavailable' })
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('a watch on what Consul answers', () => {
  it('asks consistently first, then from the index that was answered', async () => {
    const { asked, store } = await answering((_, response, nr) => {
      if (nr <= 2) json(response, 200, item(String(nr)), nr * 10)
    })
    const watch = follow((signal) => store.watch('a', signal))
    await expect.poll(() => asked.length, SOON).toBe(3)
    expect(watch.told).toMatchObject([
      { state: 'current', index: 10, value: [{ value: '1' }] },
      { state: 'current', index: 20, value: [{ value: '2' }] },
    ])
    const queries = asked.map(({ url: { searchParams } }) => [
      ...[searchParams.has('consistent'), searchParams.get('index'), searchParams.get('wait')],
    ])
    expect(queries).toEqual([
      [true, null, null],
      [false, '10', '20000ms'],
      [false, '20', '20000ms'],
    ])
  })

  it('reads anew when the index went back, and tells what it finds', async () => {
    const { asked, store } = await answering((_, response, nr) => {
      if (nr === 1) json(response, 200, item('new'), 500)
      else if (nr <= 3) json(response, 200, item('restored'), 7)
    })
    const watch = follow((signal) => store.watch('a', signal))
    await expect.poll(() => asked.length, SOON).toBe(4)
    expect(watch.told).toMatchObject([{ index: 500 }, { index: 7, value: [{ value: 'restored' }] }])
    const modes = asked.map(
      ({ url: { searchParams } }) => searchParams.get('index') ?? 'consistent',
    )
    expect(modes).toEqual(['consistent', '500', 'consistent', '7'])
  })

  it('does not spin when the index is 0 or missing', async () => {
    const { asked, store } = await answering((_, response) => json(response, 200, item('x'), 0))
    const watch = follow((signal) => store.watch('a', signal))
    await pause(500)
    expect(asked.length).toBeLessThan(30)
    expect(watch.told).toHaveLength(1)
  })

  it('tells an outage once, asks ever more rarely, and reads consistently after it', async () => {
    let isDown = false
    const { asked, store } = await answering((_, response, nr) => {
      if (isDown) response.destroy()
      else if (nr === 1 || asked.at(-1)?.url.searchParams.has('consistent')) {
        json(response, 200, item('same'), 10)
      } else setTimeout(() => response.destroy(), 100)
    })
    const watch = follow((signal) => store.watch('a', signal))
    await expect.poll(() => watch.told.length, SOON).toBe(1)
    isDown = true
    await pause(3_000)
    expect(watch.told.map(({ state }) => state)).toEqual(['current', 'interrupted'])
    expect(asked.length).toBeLessThan(12)
    isDown = false
    await expect.poll(() => watch.told.length, SOON).toBe(3)
    // Nothing changed: that it is current again is the news.
    expect(watch.told.at(-1)).toMatchObject({ state: 'current', value: [{ value: 'same' }] })
  })
})

describe('a lock, by what Consul answers', () => {
  async function aHeldLock() {
    const now = { knowsSession: true, holder: 's1' as string | undefined }
    const { locks, asked } = await answering(({ url = '' }, response) => {
      if (url.startsWith('/v1/session/create')) json(response, 200, { ID: 's1' })
      else if (url.startsWith('/v1/txn')) {
        json(response, 200, { Results: [{ KV: { ModifyIndex: 7 } }], Errors: null })
      } else if (url.startsWith('/v1/session/renew')) {
        if (now.knowsSession) json(response, 200, [{ ID: 's1' }])
        else response.writeHead(404).end("Session id 's1' not found")
      } else if (url.startsWith('/v1/kv') && !url.includes('index=')) {
        json(response, 200, [{ Key: 'k', Value: null, ModifyIndex: 7, Session: now.holder }], 7)
      }
    })
    const held = await locks.tryAcquire('a', { ttlMs: 10_000, lockDelayMs: 0 })
    if (!held) throw new Error('it was not given')
    return { held, now, asked }
  }

  it('has the index of its change as its token', async () => {
    const { held, asked } = await aHeldLock()
    expect(held.token).toBe(7)
    expect(asked.map(({ url }) => url.pathname).slice(0, 2)).toEqual([
      '/v1/session/create',
      '/v1/txn',
    ])
  })

  it('is not lost to a Consul that has yet to read the session from its log', async () => {
    const { held, now } = await aHeldLock()
    now.knowsSession = false
    await expect(held.renew()).rejects.toMatchObject({ kind: 'Unavailable' })
    expect(held.lost.aborted).toBe(false)
    now.knowsSession = true
    await held.renew()
  })

  it('is lost when its key has no holder or another one', async () => {
    const { held, now } = await aHeldLock()
    now.holder = undefined
    await expect(held.renew()).rejects.toMatchObject({ kind: 'Conflict' })
    expect(held.lost.aborted).toBe(true)
  })
})

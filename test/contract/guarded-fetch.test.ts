import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { guardedFetch } from '#shared/adapters/network/guarded-fetch.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'

const options = { networks: upstreamNetworks('127.0.0.0/8'), timeoutMs: 2_000, maxBytes: 1_000 }

async function server(listener: RequestListener): Promise<string> {
  const listening = createServer(listener).listen(0, '127.0.0.1')
  await new Promise((done) => listening.once('listening', done))
  onTestFinished(() => {
    listening.closeAllConnections()
    listening.close()
  })
  return `127.0.0.1:${(listening.address() as AddressInfo).port}`
}

describe('a guarded fetch', () => {
  it('brings status, headers and body', async () => {
    const host = await server((request, response) => {
      response.writeHead(418, { 'x-method': request.method }).end('short and stout')
    })
    const { status, headers, body } = await guardedFetch(`http://${host}/`, options)
    expect({ status, method: headers['x-method'], body: String(body) }).toEqual({
      status: 418,
      method: 'GET',
      body: 'short and stout',
    })
  })

  it('follows no redirect', async () => {
    const host = await server((_request, response) => {
      response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
    })
    expect((await guardedFetch(`http://${host}/`, options)).status).toBe(302)
  })

  it.each(['http://127.0.0.1:1/', 'http://[::1]:1/', 'http://localhost:1/', 'http://127.1:1/'])(
    'refuses %s where only public addresses are allowed',
    async (url) => {
      const networks = upstreamNetworks('')
      await expect(guardedFetch(url, { ...options, networks })).rejects.toMatchObject({
        kind: 'Forbidden',
      })
    },
  )

  it.each(['file:///etc/passwd', 'ftp://127.0.0.1/', 'http://user:pass@127.0.0.1/', 'no url'])(
    'refuses %s',
    async (url) => {
      await expect(guardedFetch(url, options)).rejects.toMatchObject({ kind: 'InvalidInput' })
    },
  )

  it('gives up on an answer that is too long', async () => {
    const host = await server((_request, response) => response.end('x'.repeat(2_000)))
    await expect(guardedFetch(`http://${host}/`, options)).rejects.toMatchObject({
      kind: 'TooLarge',
    })
  })

  it('cuts it where that is wished', async () => {
    const host = await server((_request, response) => response.end('x'.repeat(200_000)))
    const { body } = await guardedFetch(`http://${host}/`, { ...options, cut: true })
    expect(body.byteLength).toBe(1_000)
  })

  it.each([
    { what: 'says nothing', listener: () => undefined },
    {
      what: 'begins and never ends',
      listener: ((_request, response) => response.write('x')) as RequestListener,
    },
  ])('gives up on a server that $what', async ({ listener }) => {
    const host = await server(listener)
    await expect(
      guardedFetch(`http://${host}/`, { ...options, timeoutMs: 100 }),
    ).rejects.toMatchObject({ kind: 'Timeout' })
  })

  it('says what can not be reached', async () => {
    await expect(guardedFetch('http://127.0.0.1:1/', options)).rejects.toMatchObject({
      kind: 'Unavailable',
    })
  })

  it('ends with its signal', async () => {
    const host = await server(() => undefined)
    const signal = AbortSignal.timeout(50)
    await expect(guardedFetch(`http://${host}/`, { ...options, signal })).rejects.toMatchObject({
      kind: 'Unavailable',
    })
  })
})

import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { agentGet } from '#shared/adapters/consul/agent-get.ts'
import { consulMesh } from '#shared/adapters/consul/mesh.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { httpUpstream } from '#shared/adapters/upstream/upstream.ts'
import {
  type ConsulServerUnderTest,
  canStartConsul,
  startConsul,
} from '#test/support/consul-server.ts'

const PORT = 8_650

type Leaf = { CertPEM: string; PrivateKeyPEM: string }
type Roots = { Roots: { RootCert: string }[] }

/** Who a service of the mesh was called by. */
type Served = { server: Server; port: number; callers: string[] }

describe.skipIf(!canStartConsul)('the mesh of a real Consul', () => {
  let consul: ConsulServerUnderTest
  let folder: string

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'omninode-connect-'))
    const config = join(folder, 'connect.json')
    writeFileSync(config, '{"connect":{"enabled":true}}')
    consul = await startConsul('connect', PORT, '--config', config)
  }, 60_000)
  afterAll(async () => {
    await consul?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const get = async <T>(path: string) =>
    (await agentGet(consul.settings, path, 5_000, new AbortController().signal)).value as T

  async function tell(method: string, path: string, body?: unknown): Promise<void> {
    const response = await fetch(`${consul.environment.CONSUL_HTTP_ADDR}/v1/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    expect(response.ok, await response.text()).toBe(true)
  }

  /** A server with the certificate of a service, which takes callers of the mesh alone. */
  async function serve(service: string): Promise<Served> {
    const [leaf, roots] = await Promise.all([
      get<Leaf>(`agent/connect/ca/leaf/${service}`),
      get<Roots>('agent/connect/ca/roots'),
    ])
    const callers: string[] = []
    const server = createServer(
      {
        ...{ cert: leaf.CertPEM, key: leaf.PrivateKeyPEM, requestCert: true },
        ca: roots.Roots.map(({ RootCert }) => RootCert),
      },
      (request, response) => {
        const { subjectaltname = '' } = (request.socket as TLSSocket).getPeerCertificate()
        callers.push(subjectaltname)
        response.end('hello')
      },
    ).listen(0, '127.0.0.1')
    await new Promise((done) => server.once('listening', done))
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    return { server, port: (server.address() as AddressInfo).port, callers }
  }

  function aCaller() {
    const mesh = consulMesh(consul.settings)
    const upstream = httpUpstream({ networks: upstreamNetworks('127.0.0.0/8'), mesh })
    onTestFinished(() => upstream.close())
    return async (service: string, port: number) => {
      const instance = { service, id: `${service}-1`, address: '127.0.0.1', port }
      const { outcome } = upstream.send({
        instance: { ...instance, protocol: 'connect' },
        ...{ method: 'GET', target: '/', rawHeaders: ['Host', 'x'], body: undefined },
        ...{ headMs: 5_000, idleMs: 5_000, repeatable: true },
      })
      const came = await outcome
      if (came.type === 'fault') return came.fault
      came.answer.take({ data: () => undefined, end: () => undefined, fault: () => undefined })
      return came.answer.status
    }
  }

  it('is called with our certificate by whom an intention allows', async () => {
    const { port, callers } = await serve('billing')
    const call = aCaller()
    expect(await call('billing', port)).toBe(200)
    expect(callers).toEqual([expect.stringMatching(/^URI:spiffe:.*\/svc\/omninode-bridge$/)])
  })

  it('is not believed when the certificate is that of another service', async () => {
    const { port } = await serve('shipping')
    expect(await aCaller()('billing', port)).toMatchObject({ kind: 'tls' })
  })

  it('never takes a connection of one service for another on the same address', async () => {
    const { port } = await serve('billing')
    const call = aCaller()
    expect(await call('billing', port)).toBe(200)
    expect(await call('shipping', port)).toMatchObject({ kind: 'tls' })
  })

  it('is not called where an intention denies it, a second after it was made', async () => {
    const { port, callers } = await serve('secrets')
    const call = aCaller()
    expect(await call('secrets', port)).toBe(200)
    const intention = { SourceName: 'omninode-bridge', DestinationName: 'secrets', Action: 'deny' }
    await tell('POST', 'connect/intentions', { ...intention, SourceType: 'consul' })
    await expect
      .poll(() => call('secrets', port), { timeout: 3_000 })
      .toMatchObject({
        kind: 'forbidden',
      })
    const before = callers.length
    expect(await call('secrets', port)).toMatchObject({ kind: 'forbidden' })
    expect(callers).toHaveLength(before)
  })

  it('goes on while its authority is replaced', async () => {
    const old = await serve('orders')
    const call = aCaller()
    expect(await call('orders', old.port)).toBe(200)
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await tell('PUT', 'connect/ca/configuration', {
      Provider: 'consul',
      Config: { PrivateKey: privateKey.export({ type: 'sec1', format: 'pem' }), RootCert: '' },
    })
    await expect
      .poll(async () => (await get<Roots>('agent/connect/ca/roots')).Roots.length, {
        timeout: 10_000,
      })
      .toBe(2)
    const fresh = await serve('orders')
    await expect.poll(() => call('orders', fresh.port), { timeout: 10_000 }).toBe(200)
    expect(await call('orders', old.port)).toBe(200)
  })

  it('serves from what it knows while Consul is away, and not for ever without a certificate', async () => {
    const { port } = await serve('billing')
    const call = aCaller()
    expect(await call('billing', port)).toBe(200)
    await consul.server('kill')
    onTestFinished(() => consul.server('start'))
    expect(await call('billing', port)).toBe(200)
    expect(await aCaller()('billing', port)).toMatchObject({ kind: 'tls' })
  })
})

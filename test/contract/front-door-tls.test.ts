import { once } from 'node:events'
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { gateway } from '#local/http/gateway.ts'
import { type FunctionHosts, functionHosts } from '#local/lambda/function-hosts.ts'
import {
  clientCertificateOfPem,
  verifiedClientCertificate,
} from '#shared/adapters/http-server/client-certificate.ts'
import { type FrontDoor, openFrontDoor } from '#shared/adapters/http-server/front-door.ts'
import { serverCredentials } from '#shared/adapters/http-server/server-credentials.ts'
import { type Authority, certificates, type Issued } from '#test/support/certificates.ts'
import { rawHttp } from '#test/support/raw-http.ts'

const WORKER =
  'export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) })'
const certificateModule = new URL(
  '../../shared/adapters/http-server/client-certificate.ts',
  import.meta.url,
).href
const SERVER = `
import { verifiedClientCertificate } from '${certificateModule}'
export const open = async () => ({
  handle: (request, response) =>
    response.end(JSON.stringify({ certificate: verifiedClientCertificate(request.socket) ?? null })),
  close: async () => undefined,
})`
const SUBJECT = '/C=DE/O=Example, Inc./CN=billing'
const NAMES = ['URI:spiffe://example.org/ns/billing', 'DNS:billing.example.org']

const made = certificates()
let folder: string
let authority: Authority
let stranger: Authority
let server: Issued
let client: Issued
let hosts: FunctionHosts
let door: FrontDoor | undefined

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'omninode-tls-'))
  authority = made.authority('ours')
  stranger = made.authority('not ours')
  server = authority.issue('/CN=localhost', ['DNS:localhost'])
  client = authority.issue(SUBJECT, NAMES)
  writeFileSync(join(folder, 'index.mjs'), WORKER)
  writeFileSync(join(folder, 'server.mjs'), SERVER)
  const plan = (name: string) => ({
    ...{ name, arn: name, folder, handler: 'index.handler', environment: {} },
    ...{ timeoutMs: 3_000, memoryMb: 128, maxConcurrency: 10 },
  })
  const functions = [plan('worker'), { ...plan('proxy'), server: 'server.mjs' }]
  const log = { output: () => undefined, event: () => undefined }
  const parts = { functions, api, mappings: [], queueMappings: [], schedules: [] }
  hosts = functionHosts(parts, join(folder, 'cache'), log)
  await hosts.warm()
})
afterEach(async () => {
  door?.refuse()
  door?.slam()
  await door?.emptied
  door = undefined
})
afterAll(async () => {
  await hosts.close()
  rmSync(folder, { recursive: true, force: true })
  made.remove()
})

const route = (path: string, functionName: string) => ({
  ...{ method: 'GET', path, functionName },
  ...{ timeoutMs: 3_000, streaming: false },
})
const api = {
  ...{ id: 'api', stage: 'v1' },
  routes: [route('/worker', 'worker'), route('/proxy/{service}', 'proxy')],
}

async function open(requiresClients: boolean, clientAuthorities: string | undefined) {
  const files = { certificate: server.certificate, key: server.key }
  const made = gateway(
    api,
    { hostOf: hosts.of, hosted: hosts.hosted },
    { ...files, clientAuthorities, requiresClients },
  )
  door = await openFrontDoor(made.server, { host: '127.0.0.1', port: 0 })
  return { port: Number(new URL(door.address).port) }
}

const keep = (path: string) => `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
const asClient = ({ cert, keyText }: Pick<Issued, 'cert' | 'keyText'>): ConnectionOptions => ({
  cert,
  key: keyText,
})

async function ask(port: number, path: string, options: ConnectionOptions = {}) {
  const answer = await rawHttp(port, keep(path), { ca: authority.cert, ...options }).ended
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>
}
const seenByWorker = async (port: number, options?: ConnectionOptions) =>
  ((await ask(port, '/worker', options)) as unknown as APIGatewayProxyEvent).requestContext.identity
    .clientCert
const seenByProxy = async (port: number, options?: ConnectionOptions) =>
  (await ask(port, '/proxy/svc', options)).certificate

describe('the front door by TLS', () => {
  it('answers at https, and asks nobody for a certificate unless told to', async () => {
    const { port } = await open(false, undefined)
    expect(door?.address).toMatch(/^https:/)
    expect(await seenByWorker(port, asClient(client))).toBeNull()
    expect(await seenByProxy(port, asClient(client))).toBeNull()
  })

  it('speaks nothing older than TLS 1.2', async () => {
    const { port } = await open(false, undefined)
    const old = {
      maxVersion: 'TLSv1.1',
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    } as const
    await expect(ask(port, '/worker', old)).rejects.toThrow(/version|ECONNRESET/i)
    await ask(port, '/worker', { maxVersion: 'TLSv1.2' })
  })

  it('tells functions who a client has proved to be', async () => {
    const { port } = await open(true, authority.path)
    const seen = await seenByWorker(port, asClient(client))
    expect(seen).toMatchObject({
      subjectDN: 'CN=billing,O=Example\\, Inc.,C=DE',
      issuerDN: 'CN=ours',
      serialNumber: expect.stringMatching(/^([0-9a-f]{2}:)+[0-9a-f]{2}$/),
      validity: { notAfter: expect.stringMatching(/ GMT$/) },
    })
    const expected = {
      uris: ['spiffe://example.org/ns/billing'],
      subject: 'CN=billing,O=Example\\, Inc.,C=DE',
      notAfter: Date.parse(seen?.validity.notAfter ?? ''),
    }
    expect(clientCertificateOfPem(seen?.clientCertPem ?? '')).toEqual(expected)
    expect(await seenByProxy(port, asClient(client))).toEqual(expected)
  })

  const strangers = [
    ['no certificate', () => ({})],
    ['one of another authority', () => asClient(stranger.issue(SUBJECT, NAMES))],
    ['one that is over', () => asClient(authority.issue(SUBJECT, NAMES, -1))],
    ['one that its own key signed', () => asClient(stranger)],
  ] as const

  it.each(strangers)('sends a client away that shows %s', async (_, options) => {
    const { port } = await open(true, authority.path)
    await expect(ask(port, '/worker', options())).rejects.toThrow()
  })

  it.each(strangers)('knows nobody by %s where certificates are optional', async (_, options) => {
    const { port } = await open(false, authority.path)
    expect(await seenByWorker(port, options())).toBeNull()
    expect(await seenByProxy(port, options())).toBeNull()
  })

  it('lets a known client in where certificates are optional', async () => {
    const { port } = await open(false, authority.path)
    expect(await seenByProxy(port, asClient(client))).toMatchObject({ subject: /billing/ })
  })
})

describe('files of TLS that change', () => {
  const LOOK_EVERY_MS = 20

  /** A server of files that the test may change; `heard` resolves with the next news of them. */
  async function following(clientAuthorities: boolean) {
    const at = (name: string) => join(folder, `followed-${name}`)
    const files = {
      ...{ certificate: at('cert.pem'), key: at('key.pem') },
      clientAuthorities: clientAuthorities ? at('ca.pem') : undefined,
      requiresClients: clientAuthorities,
    }
    const put = ({ certificate, key }: Issued) => {
      copyFileSync(certificate, files.certificate)
      copyFileSync(key, files.key)
    }
    put(server)
    copyFileSync(authority.path, at('ca.pem'))
    const { options, follow } = serverCredentials(files, LOOK_EVERY_MS)
    const listening = createServer(options, (request, response) => {
      const certificate = verifiedClientCertificate(request.socket)
      response.end(JSON.stringify({ subject: certificate?.subject ?? null }))
    })
    let news: string[] = []
    let tell: () => void = () => undefined
    const stop = follow(listening, {
      changed: () => {
        news.push('changed')
        tell()
      },
      refused: (error) => {
        news.push(error.message)
        tell()
      },
    })
    door = await openFrontDoor(listening, { host: '127.0.0.1', port: 0 })
    listening.on('close', stop)
    const heard = async (pattern: RegExp) => {
      while (!news.some((each) => pattern.test(each))) {
        await new Promise<void>((done) => {
          tell = done
        })
      }
      news = []
    }
    return { files, put, heard, port: Number(new URL(door.address).port) }
  }

  const shownBy = (port: number) =>
    new Promise<string>((done, fail) => {
      const socket = connectTls({ host: '127.0.0.1', port, rejectUnauthorized: false }, () => {
        done(String(socket.getPeerX509Certificate()?.subject))
        socket.destroy()
      })
      socket.on('error', fail)
    })

  it('are met by new connections, once certificate and key go together', async () => {
    const { put, heard, port, files } = await following(false)
    expect(await shownBy(port)).toBe('CN=localhost')
    const next = authority.issue('/CN=next', ['DNS:localhost'])
    copyFileSync(next.certificate, files.certificate)
    await heard(/make no TLS/)
    expect(await shownBy(port)).toBe('CN=localhost')
    put(next)
    await heard(/changed/)
    expect(await shownBy(port)).toBe('CN=next')
  })

  it('leave open connections what they are', async () => {
    const { put, heard, port } = await following(false)
    const request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
    const { socket, until } = rawHttp(port, request, { ca: authority.cert })
    await until(/\{.*\}/)
    put(authority.issue('/CN=next'))
    await heard(/changed/)
    socket.write(request)
    await until(/\{.*\}[\s\S]*\{.*\}/)
    socket.destroy()
  })

  it('let nobody in by a session from before whose authority is gone', async () => {
    const { heard, port, files } = await following(true)
    const options = { ca: authority.cert, servername: 'localhost', ...asClient(client) }
    const session = await new Promise<Buffer>((done, fail) => {
      const socket = connectTls({ host: '127.0.0.1', port, ...options }, () =>
        socket.write(keep('/')),
      )
      socket.on('session', done)
      socket.on('error', fail)
      socket.resume()
    })
    const resumed = rawHttp(port, keep('/'), { ...options, session })
    await once(resumed.socket, 'secureConnect')
    expect((resumed.socket as TLSSocket).isSessionReused()).toBe(true)
    expect(await resumed.ended).toMatch(/CN=billing/)
    copyFileSync(stranger.path, files.clientAuthorities ?? '')
    await heard(/changed/)
    const late = rawHttp(port, keep('/'), { ...options, session })
    expect(await late.ended.catch(() => '')).toBe('')
    const other = asClient(stranger.issue('/CN=other'))
    expect(await ask(port, '/', other)).toEqual({ subject: 'CN=other' })
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gateway } from '#local/http/gateway.ts'
import { type FunctionHosts, functionHosts } from '#local/lambda/function-hosts.ts'
import { type FrontDoor, openFrontDoor } from '#shared/adapters/http-server/front-door.ts'
import { hostFunction } from '#shared/adapters/http-server/hosted-function.ts'
import { LISTENING_FIXTURE } from '#test/support/listening-fixture.ts'
import { rawHttp } from '#test/support/raw-http.ts'

const route = (path: string, functionName: string) => ({
  ...{ method: 'ANY', path, functionName },
  ...{ timeoutMs: 29_000, streaming: true },
})
const api = {
  id: 'api',
  stage: 'v1',
  routes: [
    route('/proxy/{service}', 'proxy'),
    route('/proxy/{service}/{path+}', 'proxy'),
    { ...route('/events', 'worker'), method: 'GET', streaming: false },
  ],
}
const plan = (name: string, folder: string) => ({
  ...{ name, arn: `arn:aws:lambda:local:000000000000:function:${name}`, folder },
  ...{ handler: 'index.handler', timeoutMs: 3_000, memoryMb: 128, maxConcurrency: 10 },
  environment: { TOLD: 'this' },
})

let folder: string
let hosts: FunctionHosts
let door: FrontDoor
let endStreams: () => void
let port: number

async function start(): Promise<void> {
  const functions = [{ ...plan('proxy', folder), server: 'server.mjs' }, plan('worker', folder)]
  const parts = { functions, api, mappings: [], queueMappings: [], schedules: [] }
  const log = { output: () => undefined, event: () => undefined }
  hosts = functionHosts(parts, join(folder, 'cache'), log)
  await hosts.warm()
  const made = gateway(api, { hostOf: hosts.of, hosted: hosts.hosted })
  endStreams = made.endStreams
  door = await openFrontDoor(made.server, { host: '127.0.0.1', port: 0 })
  port = Number(new URL(door.address).port)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'omninode-listening-'))
  writeFileSync(join(folder, 'server.mjs'), LISTENING_FIXTURE)
  writeFileSync(
    join(folder, 'index.mjs'),
    'export const handler = async () => ({ statusCode: 200 })',
  )
  await start()
})
afterAll(async () => {
  door.refuse()
  door.slam()
  await hosts.close()
  rmSync(folder, { recursive: true, force: true })
})

const once = (head: string, body = '') =>
  rawHttp(port, `${head}\r\nHost: a\r\nConnection: close\r\n\r\n${body}`).ended

async function echoed(head: string): Promise<Record<string, unknown>> {
  const answer = await once(head)
  expect(answer).toMatch(/^HTTP\/1\.1 200 /)
  return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as Record<string, unknown>
}

describe('a listening function in the front door’s process', () => {
  it.each(['GET', 'PATCH', 'OPTIONS', 'DELETE', 'PROPFIND', 'PURGE', 'QUERY'])(
    'is handed %s',
    async (method) => {
      expect(await echoed(`${method} /proxy/svc/x HTTP/1.1`)).toMatchObject({ method })
    },
  )

  it.each([
    '/proxy/svc',
    '/proxy/svc?x=1',
    '/proxy/svc/',
    '/proxy/svc/a%2Fb//c/../%zz;d?x=%20&&y=[]&x=+',
    '/proxy/svc/%C3%A4?',
  ])('is told of %s as it was sent', async (url) => {
    expect(await echoed(`GET ${url} HTTP/1.1`)).toMatchObject({ url, told: 'this' })
  })

  it('is told of a target in absolute form without its authority', async () => {
    const { url } = await echoed('GET http://bridge.example/proxy/svc/a?b HTTP/1.1')
    expect(url).toBe('/proxy/svc/a?b')
  })

  it('has the other routes to itself as little as before', async () => {
    expect(await once('GET /events HTTP/1.1')).toMatch(/^HTTP\/1\.1 200 /)
    expect(await once('GET /proxy HTTP/1.1')).toMatch(/^HTTP\/1\.1 404 /)
  })

  it('answers before a body has come', async () => {
    const head = 'POST /proxy/svc/early HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n'
    const { until, socket } = rawHttp(port, head)
    expect(await until(/before the body/)).toMatch(/^HTTP\/1\.1 200 /)
    socket.destroy()
  })

  it('asks for a body itself where the sender waits for leave', async () => {
    const head =
      'POST /proxy/svc/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n'
    const { until, socket } = rawHttp(port, head)
    expect(await until(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    socket.write('abc')
    expect(await until(/"body":"abc"/)).toMatch(/Connection: keep-alive/)
    socket.destroy()
  })

  it('ends a connection whose sender waited and was refused', async () => {
    const head =
      'POST /proxy/svc/refuse HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n'
    const answer = await rawHttp(port, head).ended
    expect(answer).toMatch(/^HTTP\/1\.1 401 /)
    expect(answer).toMatch(/\r\nConnection: close\r\n/)
  })

  it('sends interim answers, and a HEAD no body', async () => {
    const hinted = await once('GET /proxy/svc/hints HTTP/1.1')
    expect(hinted).toMatch(/^HTTP\/1\.1 103 Early Hints\r\n[\s\S]*\r\n\r\nHTTP\/1\.1 200 /)
    expect(await once('HEAD /proxy/svc/x HTTP/1.1')).toMatch(/^HTTP\/1\.1 200 [\s\S]*\r\n\r\n$/)
  })

  it('switches to no other protocol and makes no tunnel', async () => {
    const upgrade = 'GET /proxy/svc/x HTTP/1.1\r\nUpgrade: websocket'
    const { until, socket } = rawHttp(
      port,
      `${upgrade}\r\nHost: a\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    )
    expect(await until(/"method"/)).toMatch(/^HTTP\/1\.1 200 /)
    socket.destroy()
    expect(await once('CONNECT svc:80 HTTP/1.1')).toMatch(/^HTTP\/1\.1 405 /)
  })

  // A rejection that nobody handles is seen with proxy-process.test.ts: vitest takes those to itself.
  it.each(['throw', 'timer'])('answers 500 where it fails by %s', async (how) => {
    const answer = await once(`GET /proxy/svc/${how} HTTP/1.1`)
    expect(answer).toMatch(/^HTTP\/1\.1 500 /)
    expect(answer).toMatch(/application\/problem\+json/)
    expect(await echoed('GET /proxy/svc/x HTTP/1.1')).toMatchObject({ method: 'GET' })
  })

  it('survives a fault that nobody can be told of', async () => {
    const { socket, until } = rawHttp(port, 'GET /proxy/svc/on-end HTTP/1.1\r\nHost: a\r\n\r\n')
    const after = await echoed('GET /proxy/svc/x HTTP/1.1')
    expect(after).toMatchObject({ method: 'GET' })
    void until(/never/).catch(() => undefined)
    socket.destroy()
    expect(await once('GET /proxy/svc/after HTTP/1.1')).toMatch(/^HTTP\/1\.1 200 /)
  })

  it('breaks an answer off that fails halfway, so that nobody takes it for whole', async () => {
    const answer = await once('GET /proxy/svc/half HTTP/1.1').catch((error: Error) => error.message)
    expect(answer).not.toMatch(/0\r\n\r\n$/)
  })

  it('ends streams when it is told to stop, and finishes what is under way', async () => {
    const stream = rawHttp(port, 'GET /proxy/svc/stream HTTP/1.1\r\nHost: a\r\n\r\n')
    const slow = rawHttp(port, 'GET /proxy/svc/slow HTTP/1.1\r\nHost: a\r\n\r\n')
    await stream.until(/first;/)
    door.refuse()
    endStreams()
    await door.emptied
    expect(await stream.ended).toMatch(/last;\r\n0\r\n\r\n$/)
    expect(await slow.ended).toMatch(/^HTTP\/1\.1 200 [\s\S]*at last$/)
    await hosts.close()
    await start()
  })
})

describe('a listening function that can not be loaded', () => {
  it.each([
    ['is not there', 'nothing.mjs', {}, /proxy can't be loaded: .*nothing\.mjs/],
    ['exports no open', 'index.mjs', {}, /exports no function open/],
    ['refuses its environment', 'server.mjs', { FAILS: 'X' }, /no catalog at X/],
  ])('says so when it %s', async (_, file, environment, message) => {
    const module = join(folder, file)
    await expect(hostFunction({ name: 'proxy', module, environment })).rejects.toThrow(message)
  })
})

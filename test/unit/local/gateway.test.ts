import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gateway } from '#local/http/gateway.ts'
import { type FunctionHosts, functionHosts } from '#local/lambda/function-hosts.ts'
import { type FrontDoor, openFrontDoor } from '#shared/adapters/http-server/front-door.ts'

const HANDLER = `
export const handler = async (event) => {
  switch (event.pathParameters?.what) {
    case 'throw': throw new Error('boom')
    case 'malformed': return { nothing: true }
    case 'bad-header': return { statusCode: 200, headers: { a: 'b\\r\\nc: d' }, body: '' }
    case 'bytes': return { statusCode: 200, headers: { 'content-type': 'image/png' }, body: 'AQL/', isBase64Encoded: true }
    case 'nothing': return { statusCode: 204 }
    case 'hang': await new Promise(() => {})
  }
  return { statusCode: 200, multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] }, body: JSON.stringify(event) }
}`
const STREAMER = `
let destroyed = 'no'
export const handler = awslambda.streamifyResponse(async (event, stream, context) => {
  if (event.queryStringParameters?.destroyed) {
    stream = awslambda.HttpResponseStream.from(stream, { statusCode: 200 })
    return stream.end(destroyed)
  }
  const body = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'x-left': String(context.getRemainingTimeInMillis() > 0) } })
  for (let line = 0; line < 3 || event.queryStringParameters?.forever; line += 1) {
    if (body.destroyed) { destroyed = 'yes'; return }
    body.write('line ' + line + '\\n')
    await new Promise((done) => setTimeout(done, 20))
  }
  body.end()
})`

const functionPlan = (name: string, folder: string, timeoutMs: number) => ({
  name,
  arn: `arn:aws:lambda:local:000000000000:function:${name}`,
  folder,
  handler: `${name}.handler`,
  environment: {},
  timeoutMs,
  memoryMb: 128,
  maxConcurrency: 100,
})
const route = (method: string, path: string, functionName = 'plain') => ({
  method,
  path,
  functionName,
  timeoutMs: 29_000,
  streaming: functionName === 'stream',
})

let folder: string
let hosts: FunctionHosts
let door: FrontDoor

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'omninode-gateway-'))
  writeFileSync(join(folder, 'plain.mjs'), HANDLER)
  writeFileSync(join(folder, 'stream.mjs'), STREAMER)
  const api = {
    id: 'api',
    stage: 'v1',
    routes: [
      route('POST', '/things/{what}'),
      route('GET', '/things/{what}'),
      route('GET', '/stream', 'stream'),
    ],
  }
  const functions = [functionPlan('plain', folder, 400), functionPlan('stream', folder, 10_000)]
  const log = { output: () => undefined, event: () => undefined }
  const plan = { functions, api, mappings: [], queueMappings: [], schedules: [] }
  hosts = functionHosts(plan, join(folder, 'cache'), log)
  await hosts.warm()
  const { server } = gateway(api, { hostOf: hosts.of, hosted: new Map() })
  door = await openFrontDoor(server, { host: '127.0.0.1', port: 0 })
})
afterAll(async () => {
  door.refuse()
  door.slam()
  await hosts.close()
  rmSync(folder, { recursive: true, force: true })
})

const call = (path: string, init: RequestInit = {}) => fetch(door.address + path, init)

async function problem(response: Response) {
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  expect(response.headers.get('traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0\d$/)
  return (await response.json()) as { status: number; detail: string }
}

describe('a request through the front door', () => {
  it('becomes an event, and the answer a response', async () => {
    const response = await call('/things/a%20b?x=1&x=2', {
      method: 'POST',
      headers: { 'X-Mine': 'yes' },
      body: Uint8Array.of(0, 255),
    })
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
    const event = (await response.json()) as APIGatewayProxyEvent
    expect(event).toMatchObject({
      httpMethod: 'POST',
      resource: '/things/{what}',
      pathParameters: { what: 'a b' },
      multiValueQueryStringParameters: { x: ['1', '2'] },
      headers: { 'X-Mine': 'yes' },
      body: 'AP8=',
      isBase64Encoded: true,
    })
  })

  it('takes bytes and empty answers', async () => {
    const bytes = await call('/things/bytes')
    expect(new Uint8Array(await bytes.arrayBuffer())).toEqual(Uint8Array.of(1, 2, 255))
    const nothing = await call('/things/nothing')
    expect([nothing.status, await nothing.text()]).toEqual([204, ''])
  })

  it.each([
    ['/nothing', 'GET', 404],
    ['/things/x', 'DELETE', 405],
    ['/things/%zz', 'GET', 400],
    ['/things/throw', 'GET', 502],
    ['/things/malformed', 'GET', 502],
    ['/things/bad-header', 'GET', 502],
    ['/things/hang', 'GET', 504],
  ])('%s by %s is %i', async (path, method, status) => {
    const response = await call(path, { method })
    expect(response.status).toBe(status)
    expect((await problem(response)).status).toBe(status)
  })

  it('stays in the trace of its caller when it is refused', async () => {
    const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
    const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01` }
    const response = await call('/nothing', { headers })
    expect(response.headers.get('traceparent')).toContain(trace)
  })

  it('says which methods a path takes', async () => {
    const response = await call('/things/x', { method: 'HEAD' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST'])
  })

  it.each([
    'POST /things/x HTTP/1.1\r\nhost: a\r\ncontent-length: 10485761\r\n\r\n',
    'POST /things/x HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 10485761\r\n\r\n',
    'POST /things/x HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n',
  ])('%# of a body that is too large is refused', async (head) => {
    const chunk = `100000\r\n${'x'.repeat(1_048_576)}\r\n`
    const text = await raw(head.includes('chunked') ? head + chunk.repeat(11) : head)
    expect(text).toMatch(/^HTTP\/1.1 413 /)
    expect(text).not.toContain('100 Continue')
  })

  it('asks for a body that the sender announces', async () => {
    const head =
      'POST /things/x HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: 100-continue\r\n'
    const text = await raw(`${head}content-length: 2\r\n\r\nhi`)
    expect(text).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/)
  })

  it.each([
    'nonsense\r\n\r\n',
    'POST /things/x HTTP/1.1\r\nhost: a\r\ncontent-length: x\r\n\r\n',
    'POST /things/x HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n',
    'GET /things/x HTTP/1.1\r\n\r\n',
  ])('%# of what is no HTTP is refused', async (text) => {
    expect(await raw(text)).toMatch(/^HTTP\/1.1 400 /)
  })

  it('is refused when its body is shorter than it said', async () => {
    const head = 'POST /things/x HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nshort'
    expect(await raw(head, { end: true })).toMatch(/^HTTP\/1.1 400 /)
  })
})

describe('a streamed answer', () => {
  it('comes as it is written', async () => {
    const response = await call('/stream')
    expect([response.status, response.headers.get('x-left')]).toEqual([201, 'true'])
    expect(await response.text()).toBe('line 0\nline 1\nline 2\n')
  })

  it('ends in the function when its reader goes', async () => {
    const stop = new AbortController()
    const response = await call('/stream?forever=1', { signal: stop.signal })
    await response.body?.getReader().read()
    stop.abort()
    await pause(200)
    expect(await (await call('/stream?destroyed=1')).text()).toBe('yes')
  })
})

/** Sends bytes and answers all that comes back until the connection ends. */
async function raw(text: string, { end = false } = {}): Promise<string> {
  const socket = connect(Number(new URL(door.address).port), '127.0.0.1')
  socket.on('error', () => undefined)
  let answer = ''
  socket.setEncoding('utf8').on('data', (part: string) => {
    answer += part
  })
  await once(socket, 'connect')
  socket.write(text)
  if (end) socket.end()
  await Promise.race([once(socket, 'close'), pause(3_000)])
  socket.destroy()
  return answer
}

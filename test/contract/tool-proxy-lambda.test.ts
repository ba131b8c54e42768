import { finished } from 'node:stream/promises'
import type { APIGatewayProxyEvent } from 'aws-lambda'
import { describe, expect, it } from 'vitest'
import { streamed } from '#functions/tool-proxy/streamed.ts'
import { proxyEvent } from '#local/lambda/proxy-event.ts'
import { awslambda, ResponseStream } from '#local/lambda/response-stream.ts'
import { aContext } from '#test/support/api.ts'
import { anInstance, aProxy, aRawInstance, CALLER_KEY } from '#test/support/proxy.ts'

const gateway = {
  api: { id: 'api', stage: 'v1' },
  routes: [{ path: '/proxy/{service}/{path+}', params: ['service', 'path'] }],
}

type Prelude = { statusCode: number; multiValueHeaders: Record<string, string[]> }

/** What API Gateway hands over for a request, made by the local gateway's own code. */
function anEvent(
  method: string,
  target: string,
  headers: readonly string[] = [],
  body: Buffer | null = null,
): APIGatewayProxyEvent {
  const all = ['X-API-Key', CALLER_KEY, 'Host', 'api.test', ...headers]
  const encoded = body === null ? null : body.toString('base64')
  const call = [0, method, target, ['billing', 'x'], all, '192.0.2.7', encoded, null] as const
  return proxyEvent(call as never, 'request-1', Date.now(), gateway as never)
}

/** Answers an event as the function does, and reads what reaches API Gateway. */
async function invoked(
  proxy: Parameters<typeof streamed>[0],
  event: APIGatewayProxyEvent,
  remainingMs = 29_000,
) {
  let prelude: Prelude | undefined
  const pieces: Uint8Array[] = []
  const stream = new ResponseStream({
    head: (head) => {
      prelude = head as Prelude
    },
    chunk: (bytes) => {
      pieces.push(bytes)
      queueMicrotask(() => stream.drained(bytes.byteLength))
    },
    malformed: () => undefined,
  })
  const ended = finished(stream).then(
    () => true,
    () => false,
  )
  const failed = await streamed(proxy, event, aContext(remainingMs), (metadata) =>
    awslambda.HttpResponseStream.from(stream, metadata),
  ).then(
    () => undefined,
    (error: Error) => error,
  )
  const whole = failed === undefined ? await ended : false
  return { head: prelude, body: Buffer.concat(pieces), whole, failed }
}

const valuesOf = (head: Prelude | undefined, name: string) =>
  Object.entries(head?.multiValueHeaders ?? {}).find(([each]) => each.toLowerCase() === name)?.[1]

describe('a call through the REST API', () => {
  it('reaches an instance with its bytes, and a query that reads the same', async () => {
    const instance = await anInstance((_, response, body) => {
      response.writeHead(201, ['Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'X-A', '1'])
      response.end(body)
    })
    const { proxy, captured } = await aProxy({ instances: [{ port: instance.port }] })
    const body = Buffer.from([0, 255, 128])
    const event = anEvent(
      'POST',
      '/proxy/billing/a%2Fb?q=%20x&q=2&u=%C3%A9',
      ['Cookie', 'c=1'],
      body,
    )
    const { head, body: got, whole } = await invoked(proxy, event)
    expect(whole).toBe(true)
    expect(head?.statusCode).toBe(201)
    expect(valuesOf(head, 'set-cookie')).toEqual(['a=1', 'b=2'])
    expect(valuesOf(head, 'served-version')).toEqual(['1.2.3'])
    expect(got.equals(body)).toBe(true)
    const [seen] = instance.seen
    expect(seen?.url).toBe('/a%2Fb?q=%20x&q=2&u=%C3%A9')
    expect(seen?.body.equals(body)).toBe(true)
    expect(seen?.headers).toMatchObject({ 'content-length': '3', cookie: 'c=1' })
    expect(seen?.headers.forwarded).toBe('for=192.0.2.7;host=api.test;proto=https')
    expect(await captured.next()).toMatchObject({ status: 201, outcome: 'ok' })
  })

  it('is refused with problem details', async () => {
    const { proxy } = await aProxy({ instances: [] })
    const { head, body } = await invoked(proxy, anEvent('GET', '/proxy/billing/x'))
    expect(head?.statusCode).toBe(503)
    expect(JSON.parse(body.toString())).toMatchObject({ type: 'urn:omninode:problem:no-instance' })
  })

  it('fails its invocation when the answer breaks off, so that it does not look whole', async () => {
    const { port } = await aRawInstance((socket) => {
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc')
    })
    const { proxy, captured } = await aProxy({ instances: [{ port }] })
    const { whole, failed } = await invoked(proxy, anEvent('GET', '/proxy/billing/x'))
    expect(whole).toBe(false)
    expect(failed?.message).toBe('the answer broke off')
    expect(await captured.next()).toMatchObject({ fault: { kind: 'reset' } })
  })

  it('is cut off before the function is', async () => {
    const { port } = await aRawInstance(() => undefined)
    const { proxy, captured } = await aProxy({ instances: [{ port }] })
    const { failed } = await invoked(proxy, anEvent('GET', '/proxy/billing/x'), 1_100)
    expect(failed).toBeDefined()
    expect(await captured.next()).toMatchObject({ outcome: 'cancelled' })
  })
})

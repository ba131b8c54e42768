import { describe, expect, it } from 'vitest'
import { proxyEvent } from '#local/lambda/proxy-event.ts'

const gateway = {
  api: { id: 'api', stage: 'v1' },
  routes: [{ path: '/events/{id}', params: ['id'] }],
}
const now = Date.UTC(2026, 10, 24, 7, 5, 9, 123)
const event = (target: string, headers: readonly string[] = [], body: string | null = null) =>
  proxyEvent([0, 'GET', target, ['a b'], headers, '::1', body, null], 'request-1', now, gateway)

describe('the event of a proxy integration', () => {
  it('keeps the path as it came and decodes parameters', () => {
    expect(event('/events/a%20b?x=1')).toMatchObject({
      resource: '/events/{id}',
      path: '/events/a%20b',
      pathParameters: { id: 'a b' },
      requestContext: { path: '/v1/events/a%20b', resourcePath: '/events/{id}', stage: 'v1' },
    })
  })

  it('holds the last of repeated query parameters, and all of them beside', () => {
    const { queryStringParameters, multiValueQueryStringParameters } = event('/e?a=1&a=%2B+2&b')
    expect(queryStringParameters).toEqual({ a: '+ 2', b: '' })
    expect(multiValueQueryStringParameters).toEqual({ a: ['1', '+ 2'], b: [''] })
  })

  it('has null where nothing was sent', () => {
    expect(event('/e?')).toMatchObject({
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      stageVariables: null,
      body: null,
      isBase64Encoded: false,
    })
  })

  it('holds the last of repeated headers in the case they came in, and all of them beside', () => {
    const { headers, multiValueHeaders } = event('/e', ['X-A', '1', 'X-A', '2', 'host', 'h'])
    expect(headers).toEqual({ 'X-A': '2', host: 'h' })
    expect(multiValueHeaders).toEqual({ 'X-A': ['1', '2'], host: ['h'] })
  })

  it('survives names that objects have of their own', () => {
    const { queryStringParameters, multiValueHeaders } = event(
      '/e?__proto__=1&constructor=2&toString=3',
      ['__proto__', '1', 'constructor', '2'],
    )
    expect(queryStringParameters).toEqual({ constructor: '2', toString: '3' })
    expect(multiValueHeaders).toEqual({ constructor: ['2'] })
  })

  it('says who asked and when', () => {
    expect(event('/e', ['User-Agent', 'test']).requestContext).toMatchObject({
      requestId: 'request-1',
      requestTime: '24/Nov/2026:07:05:09 +0000',
      requestTimeEpoch: now,
      identity: { sourceIp: '::1', userAgent: 'test', apiKey: null },
    })
  })

  it('marks a body as base64', () => {
    expect(event('/e', [], 'aGk=')).toMatchObject({ body: 'aGk=', isBase64Encoded: true })
  })
})

import middy from '@middy/core'
import { describe, expect, it, vi } from 'vitest'
import { Failure, type FailureKind } from '#shared/errors.ts'
import { problem } from '#shared/middleware/problem.ts'
import { aContext, anApiEvent, call } from '#test/support/api.ts'

const traceparent = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/

const failing = (error: unknown) =>
  middy()
    .use(problem('test'))
    .handler(async () => {
      throw error
    })

const quietly = async <T>(run: () => Promise<T>) => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
  try {
    return { answer: await run(), lines: write.mock.calls.map(([line]) => String(line)) }
  } finally {
    write.mockRestore()
  }
}

it.each<{ kind: FailureKind; status: number; title: string; retryAfter?: string }>([
  { kind: 'Malformed', status: 400, title: 'Bad Request' },
  { kind: 'Unauthenticated', status: 401, title: 'Unauthorized' },
  { kind: 'Forbidden', status: 403, title: 'Forbidden' },
  { kind: 'NotFound', status: 404, title: 'Not Found' },
  { kind: 'MethodNotAllowed', status: 405, title: 'Method Not Allowed' },
  { kind: 'Conflict', status: 409, title: 'Conflict' },
  { kind: 'TooLarge', status: 413, title: 'Content Too Large' },
  { kind: 'UnsupportedMedia', status: 415, title: 'Unsupported Media Type' },
  { kind: 'InvalidInput', status: 422, title: 'Unprocessable Content' },
  { kind: 'TooManyRequests', status: 429, title: 'Too Many Requests', retryAfter: '1' },
  { kind: 'Unavailable', status: 503, title: 'Service Unavailable', retryAfter: '1' },
  { kind: 'Timeout', status: 504, title: 'Gateway Timeout', retryAfter: '1' },
])('answers $kind with $status', async ({ kind, status, title, retryAfter }) => {
  const handler = failing(new Failure(kind, 'what happened'))
  const { answer } = await quietly(() => call(handler, { url: '/x' }))
  expect(answer.status).toBe(status)
  expect(answer.headers['content-type']).toBe('application/problem+json')
  expect(answer.headers['retry-after']).toBe(retryAfter)
  expect(answer.headers.traceparent).toMatch(traceparent)
  expect(answer.body).toEqual({
    type: 'about:blank',
    title,
    status,
    detail: 'what happened',
    instance: 'urn:uuid:6f2c1c4e-0000-4000-8000-000000000001',
  })
})

it('names every wrong place of an input', async () => {
  const errors = [{ pointer: '/a/0', detail: 'must be a number' }]
  const answer = await call(failing(new Failure('InvalidInput', 'no', { errors })), { url: '/x' })
  expect(answer.body.errors).toEqual(errors)
})

it('tells the caller how long to wait, as the failure says', async () => {
  const failure = new Failure('Unavailable', 'later', { retryAfterS: 7 })
  const { answer } = await quietly(() => call(failing(failure), { url: '/x' }))
  expect(answer.headers['retry-after']).toBe('7')
})

it('keeps what is wrong with our own settings for the log', async () => {
  const failure = new Failure('Misconfigured', 'check secret x')
  const { answer, lines } = await quietly(() => call(failing(failure), { url: '/x' }))
  expect(answer.status).toBe(503)
  expect(answer.headers['retry-after']).toBe('1')
  expect(JSON.stringify(answer)).not.toContain('secret x')
  expect(lines[0]).toContain('check secret x')
})

describe('what nobody foresaw', () => {
  it.each([
    { what: 'an error', error: new TypeError('secret detail') },
    { what: 'a text', error: 'secret detail' },
  ])('$what is a 500 that keeps its detail for the log', async ({ error }) => {
    const { answer, lines } = await quietly(() => call(failing(error), { url: '/x' }))
    expect(answer.status).toBe(500)
    expect(JSON.stringify(answer)).not.toContain('secret detail')
    expect(JSON.parse(lines[0] ?? '{}')).toMatchObject({
      code: 'request-defect',
      error: 'secret detail',
      function: 'test',
      traceparent: answer.headers.traceparent,
    })
  })
})

it('does not write a line for each request of an outage, nor for what the caller did wrong', async () => {
  const down = failing(new Failure('Unavailable', 'down'))
  const wrong = failing(new Failure('InvalidInput', 'wrong'))
  const { lines } = await quietly(async () => {
    for (let i = 0; i < 5; i++) await call(down, { url: '/x' })
    for (let i = 0; i < 5; i++) await call(wrong, { url: '/x' })
  })
  expect(lines).toHaveLength(1)
})

it('answers 504 when the function runs out of time', async () => {
  const slow = middy()
    .use(problem('test'))
    .handler(() => new Promise<never>(() => undefined))
  const { answer } = await quietly(
    () => slow(anApiEvent({ url: '/x' }), aContext(10)) as Promise<{ statusCode: number }>,
  )
  expect(answer.statusCode).toBe(504)
})

it('puts a successful answer into the trace of its caller', async () => {
  const handler = middy()
    .use(problem('test'))
    .handler(async () => ({ statusCode: 200, headers: { 'x-own': '1' }, body: '' }))
  const answer = await call(handler, {
    url: '/x',
    headers: { Traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
  })
  expect(answer.headers.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-/)
  expect(answer.headers['x-own']).toBe('1')
})

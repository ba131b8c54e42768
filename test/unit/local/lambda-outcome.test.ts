import { describe, expect, it } from 'vitest'
import { readInvocation, readRefusal } from '#local/triggers/lambda-outcome.ts'

const answer = (payload: unknown, FunctionError?: string) => ({
  FunctionError,
  Payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)),
})
const thrown = (errorType: string | undefined, errorMessage: string) =>
  answer({ errorType, errorMessage }, 'Unhandled')

describe('what Lambda answered', () => {
  it('is a result, parsed', () => {
    const value = { batchItemFailures: [] }
    expect(readInvocation(answer(value))).toEqual({ type: 'result', value })
    expect(readInvocation(answer('null'))).toEqual({ type: 'result', value: null })
    expect(readInvocation({})).toEqual({ type: 'result', value: undefined })
  })

  it('is an error with the name that the function gave it', () => {
    expect(readInvocation(thrown('Unavailable', 'the database is away'))).toEqual({
      type: 'error',
      errorType: 'Unavailable',
      message: 'the database is away',
    })
    expect(readInvocation(answer('null', 'Unhandled'))).toMatchObject({
      type: 'error',
      errorType: 'Unhandled',
    })
  })

  it.each([
    thrown('Sandbox.Timedout', 'RequestId: 1 Error: Task timed out after 3.00 seconds'),
    thrown(undefined, '2026-11-24T10:00:00Z 1 Task timed out after 3.00 seconds'),
  ])('is a time-out however it is told: %o', (told) => {
    expect(readInvocation(told)).toEqual({ type: 'timeout' })
  })

  it('is no fault of the records when the function cannot be loaded', () => {
    expect(readInvocation(thrown('Runtime.ImportModuleError', 'no index'))).toMatchObject({
      type: 'crash',
      loaded: false,
    })
    expect(readInvocation(thrown('Runtime.ExitError', 'exit 1'))).toMatchObject({ type: 'error' })
  })

  it('is an error when it is no JSON', () => {
    expect(readInvocation(answer('oops'))).toMatchObject({ errorType: 'MalformedAnswer' })
  })
})

describe('a refusal of Lambda', () => {
  const refusal = (name: string, httpStatusCode?: number) =>
    Object.assign(new Error('why'), {
      name,
      ...(httpStatusCode ? { $metadata: { httpStatusCode } } : {}),
    })

  it.each([
    [refusal('TooManyRequestsException', 429), 'throttled'],
    [refusal('ThrottlingException', 429), 'throttled'],
    [refusal('RequestTooLargeException', 413), 'error'],
    [refusal('InvalidRequestContentException', 400), 'error'],
    [refusal('ResourceConflictException', 409), 'unreachable'],
    [refusal('AccessDeniedException', 403), 'unreachable'],
    [refusal('ServiceException', 500), 'unreachable'],
    [refusal('TimeoutError'), 'unreachable'],
    [new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:9')]), 'unreachable'],
    ['a text', 'unreachable'],
  ])('%s means %s', (error, type) => {
    expect(readRefusal('reader', error).type).toBe(type)
  })

  it('names a function that is missing', () => {
    expect(readRefusal('reader', refusal('ResourceNotFoundException', 404))).toEqual({
      type: 'unreachable',
      message: 'there is no function reader: is it deployed?',
    })
  })

  it('tells why no address answered', () => {
    const error = new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:9')])
    expect(readRefusal('reader', error)).toMatchObject({
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })
})

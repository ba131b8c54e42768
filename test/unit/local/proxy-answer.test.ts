import { describe, expect, it } from 'vitest'
import { readAnswer } from '#local/lambda/proxy-answer.ts'

describe('reading what a function answered', () => {
  it('takes multi-value headers before plain ones of the same name', () => {
    const answer = readAnswer({
      statusCode: 200,
      headers: { 'set-cookie': 'lost', 'x-count': 3, 'x-none': undefined },
      multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] },
      body: 'hello',
    })
    expect(answer).toEqual({
      status: 200,
      headers: ['set-cookie', 'a=1', 'set-cookie', 'b=2', 'x-count', '3'],
      body: 'hello',
    })
  })

  it('turns a base64 body into bytes', () => {
    const answer = readAnswer({ statusCode: 200, body: 'AQL/', isBase64Encoded: true })
    expect(answer?.body).toEqual(Uint8Array.of(1, 2, 255))
  })

  it('leaves out headers that belong to the connection', () => {
    const headers = { 'Content-Length': '5', Connection: 'close', 'transfer-encoding': 'chunked' }
    expect(readAnswer({ statusCode: 204, headers })).toEqual({ status: 204, headers: [], body: '' })
  })

  it.each([
    undefined,
    null,
    'text',
    {},
    { statusCode: 'no' },
    { statusCode: 99 },
    { statusCode: 101 },
    { statusCode: 200, body: { not: 'text' } },
    { statusCode: 200, headers: { a: { b: 1 } } },
    { statusCode: 200, multiValueHeaders: { a: 'not a list' } },
  ])('finds %j malformed', (result) => {
    expect(readAnswer(result)).toBeUndefined()
  })
})

import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { awslambda, isStreaming, ResponseStream } from '#local/lambda/response-stream.ts'

function recorded() {
  const heads: unknown[] = []
  const chunks: Uint8Array[] = []
  let malformed = 0
  const stream = new ResponseStream({
    head: (prelude) => heads.push(prelude),
    chunk: (bytes) => chunks.push(bytes),
    malformed: () => {
      malformed += 1
    },
  })
  const text = () => Buffer.concat(chunks).toString()
  return { stream, heads, chunks, text, malformed: () => malformed }
}

const ended = (stream: ResponseStream) => new Promise<void>((done) => stream.end(done))

describe('the response stream of a streaming handler', () => {
  it('parts the prelude from the body', async () => {
    const { stream, heads, text } = recorded()
    const body = awslambda.HttpResponseStream.from(stream, { statusCode: 201 })
    body.write('one ')
    body.write('two')
    await ended(body)
    expect(heads).toEqual([{ statusCode: 201 }])
    expect(text()).toBe('one two')
  })

  it('reads a prelude that a handler wrote itself, in any pieces', async () => {
    const { stream, heads, text } = recorded()
    const bytes = Buffer.concat([
      Buffer.from('{"statusCode":200}'),
      Buffer.alloc(8),
      Buffer.from('b'),
    ])
    for (const byte of bytes) stream.write(Buffer.of(byte))
    await ended(stream)
    expect(heads).toEqual([{ statusCode: 200 }])
    expect(text()).toBe('b')
  })

  it('sends the prelude of a body that stays empty', async () => {
    const { stream, heads, malformed } = recorded()
    await ended(awslambda.HttpResponseStream.from(stream, { statusCode: 204 }))
    expect(heads).toEqual([{ statusCode: 204 }])
    expect(malformed()).toBe(0)
  })

  it('finds a body without a prelude malformed', async () => {
    const { stream, heads, malformed } = recorded()
    stream.write('just text')
    await ended(stream)
    expect(heads).toEqual([])
    expect(malformed()).toBe(1)
  })

  it('lets a writer wait for a client that does not read', async () => {
    const { stream, chunks } = recorded()
    const body = awslambda.HttpResponseStream.from(stream, { statusCode: 200 })
    const block = Buffer.alloc(40_000)
    for (let written = 0; written < 10; written += 1) body.write(block)
    await pause(5)
    expect(chunks).toHaveLength(2)
    stream.drained(40_000)
    await pause(5)
    expect(chunks).toHaveLength(3)
  })

  it('frees a writer that waits when the client goes', async () => {
    const { stream } = recorded()
    stream.on('error', () => undefined)
    const body = awslambda.HttpResponseStream.from(stream, { statusCode: 200 })
    const written = new Promise((done) => body.write(Buffer.alloc(100_000), done))
    await pause(5)
    stream.destroy()
    await written
    expect(stream.destroyed).toBe(true)
  })

  it('knows handlers that stream', () => {
    expect(isStreaming(awslambda.streamifyResponse(() => undefined))).toBe(true)
    expect(isStreaming(() => undefined)).toBe(false)
  })
})

import { describe, expect, it } from 'vitest'
import { anInstance, aProxy } from '#test/support/proxy.ts'
import { rawHttp } from '#test/support/raw-http.ts'

const KEY = 'X-API-Key: key-of-the-caller\r\n'
const START = `POST /proxy/billing/x HTTP/1.1\r\nHost: a\r\n${KEY}`
const HIDDEN = `GET /proxy/billing/hidden HTTP/1.1\r\nHost: a\r\n${KEY}\r\n`

/** Sends bytes to a proxy and waits until it answers; what of it an instance saw. */
async function sent(text: string) {
  const instance = await anInstance((_, response) => response.end('reached'))
  const { port } = await aProxy({ instances: [{ port: instance.port }] })
  const connection = rawHttp(port, text)
  await connection.until(/^HTTP\/1\.1 \d{3}[\s\S]*\r\n\r\n/)
  connection.socket.end()
  const received = await connection.ended.catch(() => connection.received())
  return { received, seen: instance.seen }
}

describe('two requests in the shape of one', () => {
  it.each([
    [
      'length and chunks',
      `${START}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    ],
    [
      'chunks and length',
      `${START}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${HIDDEN}`,
    ],
    [
      'two lengths',
      `${START}Content-Length: 0\r\nContent-Length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
    ],
    ['a list of lengths', `${START}Content-Length: 0, ${HIDDEN.length}\r\n\r\n${HIDDEN}`],
    ['a signed length', `${START}Content-Length: +0\r\n\r\n${HIDDEN}`],
    [
      'a coding with a tab',
      `${START}Transfer-Encoding:\tchunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${HIDDEN}`,
    ],
    ['a coding in disguise', `${START}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    [
      'two codings',
      `${START}Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n${HIDDEN}`,
    ],
    ['a space before the colon', `${START}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['a folded header', `${START}X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    ['a bare line feed', `${START}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`],
    [
      'a bare carriage return',
      `${START}X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    ],
    [
      'a chunk of a negative length',
      `${START}Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n${HIDDEN}`,
    ],
    [
      'a chunk with a bare line feed',
      `${START}Transfer-Encoding: chunked\r\n\r\n1\nx\r\n0\r\n\r\n${HIDDEN}`,
    ],
    [
      'HTTP/1.0 with chunks',
      `POST /proxy/billing/x HTTP/1.0\r\n${KEY}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n${HIDDEN}`,
    ],
  ])('by %s is refused, and neither reaches an instance', async (_, text) => {
    const { received, seen } = await sent(text)
    expect(received).toMatch(/^HTTP\/1\.1 (400|501) /)
    expect(seen.map(({ url }) => url).filter((url) => url === '/hidden')).toEqual([])
    expect(received).not.toContain('reached')
  })

  it.each([
    ['two hosts', 'Host: b\r\n'],
    ['a NUL', 'X: a\0b\r\n'],
    ['an empty name', ': x\r\n'],
    ['a name with a slash', 'X/Y: 1\r\n'],
    ['an unknown expectation', 'Expect: the-unexpected\r\n'],
  ])('a request with %s is refused', async (_, line) => {
    const { received, seen } = await sent(
      `GET /proxy/billing/x HTTP/1.1\r\nHost: a\r\n${KEY}${line}\r\n`,
    )
    expect(received).toMatch(/^HTTP\/1\.1 (400|417) /)
    expect(seen).toEqual([])
  })

  it('a body in a coding that is unknown is refused, and its connection is believed no more', async () => {
    const { received, seen } = await sent(
      `${START}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    )
    expect(received).toMatch(/^HTTP\/1\.1 501 [\s\S]*\r\nconnection: close\r\n/i)
    expect(seen).toEqual([])
  })

  it('a path that climbs is refused', async () => {
    const { received, seen } = await sent(
      `GET /proxy/billing/a/..%2f..%2fadmin HTTP/1.1\r\nHost: a\r\n${KEY}\r\n`,
    )
    expect(received).toMatch(/^HTTP\/1\.1 400 /)
    expect(seen).toEqual([])
  })

  it('two requests that are two are answered in their order', async () => {
    const instance = await anInstance((request, response) => {
      setTimeout(() => response.end(`<${request.url}>`), request.url === '/slow' ? 50 : 0)
    })
    const { port } = await aProxy({ instances: [{ port: instance.port }] })
    const of = (path: string) => `GET /proxy/billing${path} HTTP/1.1\r\nHost: a\r\n${KEY}\r\n`
    const connection = rawHttp(port, of('/slow') + of('/quick'))
    const received = await connection.until(/<\/quick>/)
    expect(received).toMatch(/<\/slow>[\s\S]*<\/quick>/)
    connection.socket.destroy()
  })
})

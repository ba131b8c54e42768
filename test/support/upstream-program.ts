import { once } from 'node:events'
import { appendFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

/** An instance to be killed, frozen and counted; each request is in its file before it is worked on. */
const [journal = '', name = '', address] = process.argv.slice(2)
const PIECE = Buffer.alloc(65_536, 'x')
const EVENTS_MS = 100

function note(request: IncomingMessage, what = 'asked'): void {
  const { method, url, headers } = request
  appendFileSync(journal, `${JSON.stringify([what, method, url, headers['x-nr'] ?? ''])}\n`)
}

async function send(response: ServerResponse, bytes: number): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes })
  for (let left = bytes; left > 0 && !response.destroyed; left -= PIECE.byteLength) {
    const more = response.write(PIECE.subarray(0, left))
    if (!more) await once(response, 'drain', { signal: gone.signal }).catch(() => undefined)
  }
  response.end()
}

async function tellEvents(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let nr = 0; !response.destroyed; nr++) {
    response.write(`data: ${nr}\n\n`)
    await pause(EVENTS_MS)
  }
}

async function isWhole(request: IncomingMessage): Promise<boolean> {
  try {
    for await (const _ of request);
    return true
  } catch {
    return false
  }
}

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://here')
  const is = (path: string) => pathname === path
  if (is('/health')) return response.end('well')
  note(request)
  response.once('close', () => {
    if (!response.writableFinished) note(request, 'left')
  })
  // A request that breaks off is none.
  if (!(await isWhole(request))) return
  if (is('/hang')) return
  if (is('/events')) return tellEvents(response)
  if (is('/bytes')) return send(response, Number(searchParams.get('count')))
  if (is('/status')) response.statusCode = Number(searchParams.get('code'))
  if (is('/slow')) await pause(Number(searchParams.get('ms')))
  response.setHeader('content-type', 'application/json')
  return response.end(JSON.stringify({ name, headers: request.headers }))
})
server.listen(0, address, () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`)
})

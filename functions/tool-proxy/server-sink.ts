import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { isFieldValue } from '#shared/domain/proxy/header-rules.ts'
import { informationalHeaders } from '#shared/domain/proxy/response-headers.ts'
import type { AnswerSink } from './incoming-call.ts'

/** A body that was declined may go on coming for so long, ms. */
const LINGER_MS = 2_000

/** Writes an answer to a response of Node's server. */
export class ServerSink implements AnswerSink {
  readonly body: ServerResponse
  readonly #request: IncomingMessage
  readonly #onEventStream: () => void

  /** @param onEventStream called when the answer turns out to have no end of its own */
  constructor(request: IncomingMessage, response: ServerResponse, onEventStream: () => void) {
    this.#request = request
    this.#onEventStream = onEventStream
    this.body = response
    // Who has gone is told by `close`; until then writes to nobody are no defect.
    response.on('error', () => undefined)
  }

  proceed(): void {
    this.body.writeContinue()
  }

  informational(status: number, rawHeaders: readonly string[]): void {
    const { httpVersion } = this.#request
    const { socket, headersSent } = this.body
    // HTTP/1.0 has none (RFC 9110, section 15.2); a response that others go before has no socket yet.
    if (!socket?.writable || headersSent || httpVersion === '1.0') return
    let head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
    const headers = informationalHeaders(rawHeaders)
    for (let at = 0; at < headers.length; at += 2) {
      if (!isFieldValue(headers[at + 1] as string)) return
      head += `${headers[at]}: ${headers[at + 1]}\r\n`
    }
    socket.write(`${head}\r\n`, 'latin1')
  }

  head(status: number, rawHeaders: readonly string[]): void {
    const { body } = this
    if (body.headersSent || body.destroyed) return
    body.writeHead(status, rawHeaders as string[])
    if (isEventStream(rawHeaders)) this.#onEventStream()
    // Where the first piece is long in coming the head goes out before it.
    setImmediate(flushHead, body)
  }

  decline(distrust: boolean): void {
    const request = this.#request
    if (distrust) this.body.shouldKeepAlive = false
    if (request.complete) return
    // Closing on what is still on its way would reset the connection before the answer is read.
    request.resume()
    const timer = setTimeout(() => request.destroy(), LINGER_MS)
    request.once('close', () => clearTimeout(timer))
    request.once('end', () => clearTimeout(timer))
  }

  cut(): void {
    const { body } = this
    if (body.writableEnded) return
    // Over HTTP/1.0 a plain end of the connection would look like the end of the body.
    if (this.#request.httpVersion === '1.0') body.socket?.resetAndDestroy()
    body.destroy()
  }
}

const EVENT_STREAM = /^text\/event-stream\b/i

function isEventStream(rawHeaders: readonly string[]): boolean {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string
    if (name.length !== 12 || name.toLowerCase() !== 'content-type') continue
    return EVENT_STREAM.test(rawHeaders[at + 1] as string)
  }
  return false
}

function flushHead(response: ServerResponse): void {
  if (!response.writableEnded && !response.destroyed) response.flushHeaders()
}

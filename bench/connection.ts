import { connect, type Socket } from 'node:net'

/** An answer: its status, its status line and headers, and its body where the caller reads it. */
export type RawAnswer = Readonly<{ status: number; head: string; body: string }>

const HEAD_END = '\r\n\r\n'

/**
 * One keep-alive connection that sends a request and waits for its answer. Made for load: it parses
 * no more of HTTP/1.1 than our own servers send, and opens again when the other side closes.
 */
export class Connection {
  readonly #port: number
  readonly #host: string
  #socket: Socket | undefined
  #received = ''
  #waiting: { done(answer: RawAnswer): void; fail(error: Error): void } | undefined

  constructor(host: string, port: number) {
    this.#host = host
    this.#port = port
  }

  /** Sends a whole request as text in Latin-1 or ASCII. @throws when the connection breaks. */
  async send(request: string): Promise<RawAnswer> {
    this.#socket ??= await this.#open()
    const answer = new Promise<RawAnswer>((done, fail) => {
      this.#waiting = { done, fail }
    })
    this.#socket.write(request, 'latin1')
    return answer
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #open(): Promise<Socket> {
    return new Promise((done, fail) => {
      const socket = connect({ host: this.#host, port: this.#port, noDelay: true })
      socket.setEncoding('latin1')
      socket.once('connect', () => done(socket))
      socket.on('data', (text: string) => this.#receive(text))
      socket.on('error', (error) => {
        fail(error)
        this.#lose(error)
      })
      socket.on('close', () => this.#lose(new Error('connection closed by the server')))
    })
  }

  #lose(error: Error): void {
    this.#socket = undefined
    this.#received = ''
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.fail(error)
  }

  #receive(text: string): void {
    this.#received = this.#received ? this.#received + text : text
    const headEnd = this.#received.indexOf(HEAD_END)
    if (headEnd < 0) return
    const head = this.#received.slice(0, headEnd)
    const body = readBody(head, this.#received.slice(headEnd + HEAD_END.length))
    if (body === undefined) return
    this.#received = ''
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.done({ status: Number(head.slice(9, 12)), head, body })
  }
}

/** The body once it is there whole, else undefined (RFC 9112, section 6.3). */
function readBody(head: string, rest: string): string | undefined {
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)
  if (length) return rest.length >= Number(length[1]) ? rest : undefined
  if (!/\r\ntransfer-encoding: *chunked/i.test(head)) return ''
  return rest.endsWith(`0${HEAD_END}`) ? rest : undefined
}

import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls } from 'node:tls'

/** A connection that is written to by hand. */
export type RawConnection = Readonly<{
  socket: Socket
  /** All that came so far. */
  received(): string
  /** Resolves when what came matches. */
  until(pattern: RegExp): Promise<string>
  /** Resolves with all that came when the other side has ended. */
  ended: Promise<string>
}>

/** Opens a connection, by TLS where its options are given, and sends a text as it is. */
export function rawHttp(port: number, text: string, tls?: ConnectionOptions): RawConnection {
  const at = { host: '127.0.0.1', port }
  const socket = tls ? connectTls({ ...at, servername: 'localhost', ...tls }) : connect(at)
  let received = ''
  const ended = new Promise<string>((done, fail) => {
    socket.on('close', () => done(received))
    socket.on('error', fail)
  })
  ended.catch(() => undefined)
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    received += chunk
  })
  socket.write(text, 'latin1')
  return {
    socket,
    received: () => received,
    ended,
    until: (pattern) =>
      new Promise((done, fail) => {
        const look = () => {
          if (pattern.test(received)) done(received)
        }
        socket.on('data', look)
        ended.then(() => fail(new Error(`ended with ${JSON.stringify(received)}`)), fail)
        look()
      }),
  }
}

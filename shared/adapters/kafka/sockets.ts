import { isIP, Socket } from 'node:net'
import { connect } from 'node:tls'
import type { ISocketFactory } from 'kafkajs'
import type { Failure } from '../../errors.ts'
import { distrust, isDistrust } from './failure.ts'
import type { Refusals } from './refusals.ts'

const KEEP_ALIVE_MS = 60_000

type TlsOptions = Readonly<{
  /** The certificates to trust instead of the public ones, PEM. */
  ca(): string | undefined
  refusals: Refusals
  /** Told of every attempt, of every connection made, and of a certificate that is not trusted. */
  onAttempt(): void
  onSecure(): void
  onDistrust(): void
}>

/** Makes kafkajs's connections TLS ones, as far as refusals let it connect at all. */
export function tlsSockets(options: TlsOptions): ISocketFactory {
  const { ca, refusals, onAttempt, onSecure, onDistrust } = options
  return ({ host, port, onConnect }) => {
    const refusal = refusals.admit()
    if (refusal) return failing(refusal)
    onAttempt()
    const trusted = ca()
    const socket = connect(
      {
        ...{ host, port },
        ...(isIP(host) ? {} : { servername: host }),
        ...(trusted === undefined ? {} : { ca: trusted }),
      },
      () => {
        onSecure()
        onConnect()
      },
    )
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!isDistrust(error.code)) return
      onDistrust()
      refusals.refused(distrust(`${host}:${port}`, error))
    })
    return socket.setKeepAlive(true, KEEP_ALIVE_MS)
  }
}

/** A socket that fails before it connects. kafkajs hands on an error's message and code, nothing else. */
function failing({ message, kind }: Failure): Socket {
  const socket = new Socket()
  setImmediate(() => socket.destroy(Object.assign(new Error(message), { code: kind })))
  return socket
}

import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { errorFields, log } from '#shared/log.ts'
import { answerUnreadable } from './problem-answer.ts'
import { serverCredentials } from './server-credentials.ts'
import type { TlsFiles } from './tls-files.ts'

/** A slow sender gets so long for its headers, ms. */
const HEADERS_TIMEOUT_MS = 10_000
/** Longer than what clients and load balancers keep idle connections for, ms. */
const KEEP_ALIVE_MS = 65_000
const CHECK_INTERVAL_MS = 1_000

/**
 * A server with the limits of this system, by TLS where there are files for it. What can't be read as
 * HTTP is answered with problem details.
 *
 * @param requestTimeoutMs how long a sender has for a whole request; 0 for as long as it takes
 * @throws `Error` when the TLS files can't be used
 */
export function makeServer(
  serve: RequestListener,
  requestTimeoutMs: number,
  tls: TlsFiles | undefined,
): Server {
  const limits: ServerOptions = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
  }
  const server = tls ? tlsServer(tls, limits, serve) : createServer(limits, serve)
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
    const [status, detail] = UNREADABLE[error.code ?? ''] ?? [400, 'The request is not HTTP.']
    answerUnreadable(socket, status, detail)
  })
  server.on('connect', (_request, socket) => {
    answerUnreadable(socket, 405, 'CONNECT makes a tunnel, which nothing here is.')
  })
  return server
}

const UNREADABLE: Readonly<Record<string, readonly [number, string]>> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not come to its end in time.'],
  HPE_HEADER_OVERFLOW: [431, 'The headers are too large.'],
  HPE_INVALID_EOF_STATE: [400, 'The body is shorter than its Content-Length.'],
}

function tlsServer(files: TlsFiles, limits: ServerOptions, serve: RequestListener): TlsServer {
  const { options, follow } = serverCredentials(files)
  const server = createTlsServer({ ...limits, ...options }, serve)
  const stop = follow(server, {
    changed: () => log('info', 'tls.changed', { certificate: files.certificate }),
    refused: (error) => log('error', 'tls.refused', errorFields(error)),
  })
  server.on('close', stop)
  return server
}

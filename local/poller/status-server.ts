import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorFields } from '#shared/log.ts'
import { type LagReader, lagItem } from './lag.ts'
import type { PollerStatus } from './status.ts'

/** Where the status can be asked for. */
export type StatusServer = Readonly<{ address: string; close(): Promise<void> }>

/** Tells over HTTP how a poller is: `/livez`, `/readyz`, `/lag`. */
export async function openStatusServer(
  { host, port }: Readonly<{ host: string; port: number }>,
  status: PollerStatus,
  lag: LagReader,
): Promise<StatusServer> {
  async function answer(path: string | undefined): Promise<readonly [number, unknown]> {
    switch (path?.split('?')[0]) {
      case '/livez':
        return [200, { status: 'pass' }]
      case '/readyz':
        return [status.read().status === 'fail' ? 503 : 200, status.read()]
      case '/lag':
        return [200, { items: (await lag()).map(lagItem) }]
      default:
        return [404, { title: 'Not Found', detail: 'There are /livez, /readyz and /lag.' }]
    }
  }

  const server = createServer((request, response) => {
    void answer(request.url)
      .catch((error: unknown) => [503, { title: 'Unavailable', ...errorFields(error) }] as const)
      .then(([code, body]) => {
        response.writeHead(code, { 'content-type': 'application/json' })
        response.end(`${JSON.stringify(body)}\n`)
      })
  })
  await listening(server, host, port)
  const { port: taken } = server.address() as AddressInfo
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    server.once('error', fail)
    server.listen(port, host, done)
  })
}

import type { Server } from 'node:http'
import { Server as TlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'

export type FrontDoor = Readonly<{
  address: string
  /** Takes no new connection; answers that are under way close theirs. */
  refuse(): void
  /** Resolves when the last connection is closed. */
  emptied: Promise<void>
  /** Ends what is left. */
  slam(): void
}>

/** How often connections are closed that fell idle while the door is closing, ms. */
const SWEEP_MS = 20

/** Opens a server to the outside. @throws `Error` when the port is taken. */
export async function openFrontDoor(
  server: Server,
  { host, port }: Readonly<{ host: string; port: number }>,
): Promise<FrontDoor> {
  await new Promise<void>((done, fail) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isTaken = error.code === 'EADDRINUSE'
      fail(isTaken ? new Error(`Port ${port} is taken: set PORT to another, or to 0.`) : error)
    })
    server.listen(port, host, done)
  })
  const emptied = new Promise<void>((done) => server.once('close', done))
  const { port: taken } = server.address() as AddressInfo
  const shown = host.includes(':') ? `[${host}]` : host
  return {
    address: `${server instanceof TlsServer ? 'https' : 'http'}://${shown}:${taken}`,
    refuse() {
      server.close()
      // Connections fall idle one by one as their answers go out.
      const timer = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
      void emptied.then(() => clearInterval(timer))
      server.prependListener('request', (_request, response) => {
        response.setHeader('connection', 'close')
      })
    },
    emptied,
    slam: () => server.closeAllConnections(),
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { errorFields, log } from '#shared/log.ts'
import { type FrontDoor, openFrontDoor } from './front-door.ts'
import { hostFunction } from './hosted-function.ts'
import { makeServer } from './make-server.ts'
import type { TlsFiles } from './tls-files.ts'

type ServerProcess = Readonly<{
  name: string
  /** Path of the module that exports `open`. */
  module: string
  environment: Readonly<Record<string, string>>
  listen: Readonly<{ host: string; port: number }>
  tls?: TlsFiles | undefined
}>

/** What is under way when it is told to stop gets so long to end, ms. */
const DRAIN_MS = 25_000
/** Whole bodies may take as long as their senders need: what is forwarded is not kept here. */
const NO_REQUEST_TIMEOUT = 0

/**
 * Runs a listening function as the one purpose of this process, with `/livez` and `/readyz` of its own,
 * until a signal ends it: nothing new is taken then, and what is under way is finished.
 *
 * @throws `Error` when it can't be loaded, or the port is taken
 */
export async function runServer({ name, listen, tls, ...rest }: ServerProcess): Promise<void> {
  const hosted = await hostFunction({ name, ...rest })
  let isStopping = false

  function serve(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/livez') answer(response, 200)
    else if (request.url === '/readyz') answer(response, isStopping ? 503 : 200)
    else hosted.handle(request, response)
  }

  const server = makeServer(serve, NO_REQUEST_TIMEOUT, tls)
  server.on('checkContinue', serve)
  const door = await openFrontDoor(server, listen)
  log('info', 'server.started', { function: name, address: door.address })

  async function stop(signal: string): Promise<void> {
    if (isStopping) {
      log('warn', 'server.stopped-at-once', { signal })
      process.exit(1)
    }
    isStopping = true
    log('info', 'server.stopping', { signal })
    await drain(door, hosted.endStreams)
    await hosted.close()
    log('info', 'server.stopped')
    process.exit(0)
  }

  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      stop(signal).catch((error: unknown) => {
        log('error', 'server.stop-failed', errorFields(error))
        process.exit(1)
      })
    })
  }
}

async function drain(door: FrontDoor, endStreams: () => void): Promise<void> {
  door.refuse()
  endStreams()
  await Promise.race([door.emptied, pause(DRAIN_MS, undefined, { ref: false })])
  door.slam()
}

function answer(response: ServerResponse, status: 200 | 503): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`{"status":"${status === 200 ? 'pass' : 'fail'}"}\n`)
}

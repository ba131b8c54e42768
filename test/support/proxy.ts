import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { type AddressInfo, createServer as createNetServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ProxyDependencies } from '#functions/tool-proxy/dependencies.ts'
import { serveRequests } from '#functions/tool-proxy/serve-requests.ts'
import { toolProxy } from '#functions/tool-proxy/tool-proxy.ts'
import { bodyTap } from '#shared/adapters/capture/body-tap.ts'
import { upstreamNetworks } from '#shared/adapters/network/upstream-networks.ts'
import { responseCache } from '#shared/adapters/response-cache/response-cache.ts'
import { transformer } from '#shared/adapters/transform/transformer.ts'
import { httpUpstream } from '#shared/adapters/upstream/upstream.ts'
import type { AccessSnapshot } from '#shared/domain/access.ts'
import type { Call } from '#shared/domain/calls/call.ts'
import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { ListedInstance } from '#shared/domain/discovery/instance.ts'
import { instanceChooser } from '#shared/domain/resilience/instance-chooser.ts'
import type { SharedBreaker } from '#shared/domain/resilience/shared-breaker.ts'
import type { RoutingRules } from '#shared/domain/routing/rules.ts'
import { unauthenticated } from '#shared/errors.ts'
import type { Refusal } from '#shared/ports/access-audit.ts'
import { aListedInstance } from './catalogs.ts'

export const CALLER_KEY = 'key-of-the-caller'

/** Calls as they are captured; `next` waits for one that was not seen yet. */
export class CapturedCalls {
  readonly all: Call[] = []
  #seen = 0
  #waiting: (() => void) | undefined

  take(call: Call): boolean {
    this.all.push(call)
    this.#waiting?.()
    return true
  }

  async next(): Promise<Call> {
    while (this.all.length <= this.#seen) {
      await new Promise<void>((done) => {
        this.#waiting = done
      })
    }
    return this.all[this.#seen++] as Call
  }
}

type ProxyOptions = Readonly<{
  instances: readonly Partial<ListedInstance>[]
  rules?: Partial<RoutingRules>
  catalog?: Partial<ServiceCatalog>
  networks?: string
  ca?: string
  stale?: boolean
  snapshot?: Partial<AccessSnapshot>
  roles?: readonly string[]
  dependencies?: Partial<ProxyDependencies>
}>

/** A proxy in front of instances of the service `billing`, on a port of its own. */
export async function aProxy(options: ProxyOptions) {
  const { instances, rules, networks = '127.0.0.0/8', ca, roles = ['caller'] } = options
  const captured = new CapturedCalls()
  const denied: Refusal[] = []
  const breakers: SharedBreaker[] = []
  const upstream = httpUpstream({ networks: upstreamNetworks(networks), ...(ca ? { ca } : {}) })
  const catalog: ServiceCatalog = {
    service: 'billing',
    instances: instances.map((each, at) => aListedInstance({ id: `billing-${at}`, ...each })),
    breakers: [],
    learned: [],
    ...(rules ? { rules: { revision: 1, ...rules } } : {}),
    ...options.catalog,
  }
  const proxy = toolProxy({
    callers: {
      async identify({ authorization, apiKey, certificate }) {
        const principal = { kind: 'key', id: 'key-1', name: 'tests', roles } as const
        if (apiKey === CALLER_KEY) return { principal, credential: 'x-api-key' }
        if (authorization === `Bearer ${CALLER_KEY}`) {
          return { principal, credential: 'authorization' }
        }
        throw certificate ? unauthenticated('not in tests') : unauthenticated()
      },
    },
    snapshots: {
      current: async () => ({ version: 1, keys: [], sources: [], ...options.snapshot }),
    },
    audit: {
      async denied(refusal) {
        denied.push(refusal)
      },
    },
    catalog: {
      find: (service) =>
        service === 'billing' ? { catalog, stale: options.stale ?? false } : undefined,
      close: async () => undefined,
    },
    chooser: instanceChooser({
      random: Math.random,
      onTransition: (breaker) => void breakers.push(breaker),
    }),
    upstream,
    cache: responseCache({ maxBytes: 1_048_576 }),
    transformer: transformer(),
    capture: {
      take: (call) => captured.take(call),
      dropped: 0,
      flush: async () => undefined,
      close: async () => undefined,
    },
    tap: bodyTap,
    report: () => undefined,
    zone: '',
    nowMs: Date.now,
    random: Math.random,
    ...options.dependencies,
  })
  const served = serveRequests(proxy, () => undefined)
  const serve = (request: IncomingMessage, response: ServerResponse) => {
    request.on('error', () => undefined)
    served.handle(request, response)
  }
  const server = createServer(serve)
  server.on('checkContinue', serve)
  const port = await listening(server)
  onTestFinished(() => upstream.close())
  return {
    proxy,
    endStreams: served.endStreams,
    port,
    url: `http://127.0.0.1:${port}/proxy/billing`,
    captured,
    denied,
    breakers,
    catalog,
  }
}

/** Opens a server for the time of a test. */
export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

/** What an instance got. */
export type Seen = Readonly<{
  method: string
  url: string
  rawHeaders: readonly string[]
  headers: IncomingMessage['headers']
  body: Buffer
  trailers: IncomingMessage['trailers']
}>

/** An instance that answers as it is told once it has read a request, and remembers what it got. */
export async function anInstance(
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void,
) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('error', () => undefined)
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const { method = '', url = '', rawHeaders, headers, trailers } = request
      const body = Buffer.concat(pieces)
      seen.push({ method, url, rawHeaders, headers, body, trailers })
      answer(request, response, body)
    })
  })
  return { port: await listening(server), seen, server }
}

/** An instance that says what it is told on each connection, whether that is HTTP or not. */
export async function aRawInstance(
  talk: (socket: Socket, request: string, connection: number) => void,
): Promise<Readonly<{ port: number; connections: () => number }>> {
  const open = new Set<Socket>()
  let connections = 0
  const server = createNetServer((socket) => {
    const number = ++connections
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => undefined)
    let text = ''
    socket.on('data', (piece: Buffer) => {
      text += piece.toString('latin1')
      for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
        const request = text.slice(0, end)
        text = text.slice(end + 4)
        talk(socket, request, number)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, connections: () => connections }
}

/** What a caller got, byte for byte. */
export type Got = Readonly<{
  status: number
  rawHeaders: readonly string[]
  headers: IncomingMessage['headers']
  body: Buffer
  trailers: IncomingMessage['trailers']
  /** 1xx answers before it. */
  before: readonly number[]
  /** Whether it came to its end. */
  whole: boolean
}>

type Asking = Readonly<{
  method?: string
  headers?: Readonly<Record<string, string | readonly string[]>>
  body?: Uint8Array | string | readonly Uint8Array[]
  trailers?: Readonly<Record<string, string>>
  key?: string
}>

/** Asks as a caller of the proxy does; on a connection of its own. */
export function ask(url: string, options: Asking = {}): Promise<Got> {
  const { method = 'GET', headers = {}, body, trailers, key = CALLER_KEY } = options
  return new Promise((done, fail) => {
    const before: number[] = []
    const request = httpRequest(url, {
      method,
      agent: false,
      headers: { ...(key === '' ? {} : { 'X-API-Key': key }), ...headers },
    } as object)
    request.on('information', ({ statusCode }) => before.push(statusCode))
    request.on('error', fail)
    request.on('response', (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      const finish = (whole: boolean) => {
        const { statusCode: status = 0, rawHeaders, headers: got, trailers: behind } = response
        const all = Buffer.concat(pieces)
        done({ status, rawHeaders, headers: got, body: all, trailers: behind, before, whole })
      }
      response.on('end', () => finish(response.complete))
      response.on('error', () => finish(false))
    })
    if (trailers) {
      request.flushHeaders()
      request.addTrailers(trailers)
    }
    if (Array.isArray(body)) {
      for (const piece of body as readonly Uint8Array[]) request.write(piece)
      request.end()
    } else request.end(body as Uint8Array | string | undefined)
  })
}

/** Problem details, as an answer of the bridge's own has them. */
export const problemIn = ({ body }: Got): Record<string, unknown> => JSON.parse(body.toString())

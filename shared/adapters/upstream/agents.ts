import { Agent, type AgentOptions, type ClientRequest } from 'node:http'
import { Agent as SecureAgent } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Failure } from '../../errors.ts'
import type { UpstreamNetworks } from '../../ports/upstream-networks.ts'
import { guardedLookup, refuseAddress } from '../network/guarded-lookup.ts'
import { timeConnection } from './connection-times.ts'

/** Connections per instance, and how many of them are kept while idle; more requests wait. */
const MOST_SOCKETS = 256
const MOST_IDLE_SOCKETS = 64
/** Of all instances together. */
const MOST_SOCKETS_IN_ALL = 4_096
/** Below the 5 s after which Node's own servers close: they would as the next request comes. ms */
const IDLE_MS = 4_000

export type ConnectionOptions = Readonly<{
  networks: UpstreamNetworks
  /** For reaching an address, TLS included, ms. */
  connectMs: number
  /** Authorities to trust instead of the system's, PEM. */
  ca?: string | undefined
}>

type Connect = (options: object, done?: (error: Error | null, socket: Duplex) => void) => unknown

/** Keep-alive pools by scheme; each holds the connections of every instance apart by its address. */
export type Agents = Readonly<{ plain: Agent; secure: SecureAgent }>

export function openAgents({ networks, connectMs, ca }: ConnectionOptions): Agents {
  const options: AgentOptions = {
    keepAlive: true,
    scheduling: 'lifo',
    maxSockets: MOST_SOCKETS,
    maxFreeSockets: MOST_IDLE_SOCKETS,
    maxTotalSockets: MOST_SOCKETS_IN_ALL,
    // Of idle connections; an instance that announces less is believed.
    timeout: IDLE_MS,
  }
  const lookup = guardedLookup(networks)
  const plain = new Agent(options)
  const secure = new SecureAgent({ ...options, ...(ca === undefined ? {} : { ca }) })
  for (const agent of [plain, secure]) {
    guard(agent, {
      networks,
      connectMs,
      lookup,
      ready: agent === plain ? 'connect' : 'secureConnect',
    })
    guardIdle(agent)
  }
  return { plain, secure }
}

type Guard = Pick<ConnectionOptions, 'networks' | 'connectMs'> &
  Readonly<{ lookup: unknown; ready: 'connect' | 'secureConnect' }>

/** Connects to checked addresses alone, in time. */
function guard(agent: Agent, { networks, connectMs, lookup, ready }: Guard): void {
  const pool = agent as unknown as { createConnection: Connect }
  const connect = pool.createConnection.bind(agent)
  pool.createConnection = (given, done) => {
    const options = given as { host: string }
    // Node looks addresses up nowhere, so the look-up can't refuse them.
    try {
      refuseAddress(networks, options.host)
    } catch (error) {
      process.nextTick(() => done?.(error as Error, undefined as never))
      return undefined
    }
    const socket = connect({ ...options, lookup }, done) as Socket
    timeConnection(socket)
    const timer = setTimeout(() => {
      const reason = `${options.host} was not reached in ${connectMs} ms`
      socket.destroy(Object.assign(new Failure('Timeout', reason), { code: 'ETIMEDOUT' }))
    }, connectMs)
    const stop = () => clearTimeout(timer)
    socket.once(ready, stop)
    socket.once('close', stop)
    return socket
  }
}

/**
 * Ends a kept connection on which bytes come that nobody asked for: they would be taken for the answer
 * to the next request.
 */
function guardIdle(agent: Agent): void {
  const pool = agent as unknown as {
    keepSocketAlive(socket: Socket): boolean
    reuseSocket(socket: Socket, request: ClientRequest): void
  }
  const keep = pool.keepSocketAlive.bind(agent)
  const reuse = pool.reuseSocket.bind(agent)
  pool.keepSocketAlive = (socket) => {
    if (socket.readableLength > 0 || !keep(socket)) return false
    socket.on('data', endAtOnce)
    return true
  }
  pool.reuseSocket = (socket, request) => {
    socket.removeListener('data', endAtOnce)
    reuse(socket, request)
  }
}

function endAtOnce(this: Socket): void {
  this.destroy()
}

/** Ends the connections that are kept to one place: when one turns out closed, most likely all are. */
export function endIdle(agent: Agent, name: string): void {
  for (const socket of agent.freeSockets[name] ?? []) socket.destroy()
}

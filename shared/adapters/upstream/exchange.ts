import { type ClientRequest, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { Failure } from '../../errors.ts'
import type { Mesh, MeshPass } from '../../ports/mesh.ts'
import type {
  BodyTaker,
  UpstreamAnswer,
  UpstreamExchange,
  UpstreamFault,
  UpstreamInstance,
  UpstreamOutcome,
  UpstreamRequest,
  UpstreamTimings,
} from '../../ports/upstream.ts'
import { type Agents, endIdle } from './agents.ts'
import { timesOf } from './connection-times.ts'
import { faultOf, refusedByMesh } from './fault.ts'
import { meshConnection } from './mesh-connection.ts'
import { sendBody } from './request-body.ts'

/** Of an answer's head, bytes. */
const MOST_HEAD_BYTES = 32_768
/** More lines than any server sends. */
const MOST_HEADERS = 500
const REPEATED = new Set(['ECONNRESET', 'EPIPE'])

/** One request to one instance, from its sending to the end of its answer. */
export class Exchange implements UpstreamExchange, UpstreamAnswer {
  readonly outcome: Promise<UpstreamOutcome>
  status = 0
  rawHeaders: readonly string[] = []
  readonly timings: UpstreamTimings = {}
  readonly #agents: Agents
  readonly #asked: UpstreamRequest
  readonly #settle: (outcome: UpstreamOutcome) => void
  #request: ClientRequest | undefined
  #response: IncomingMessage | undefined
  #taker: BodyTaker | undefined
  /** What ended it early. */
  #fault: UpstreamFault | undefined
  #settled = false
  #paused = false
  #over = false
  #sentAt = 0
  #timer: NodeJS.Timeout | undefined

  constructor(agents: Agents, asked: UpstreamRequest, mesh: Mesh | undefined) {
    this.#agents = agents
    this.#asked = asked
    let settle: (outcome: UpstreamOutcome) => void = () => undefined
    this.outcome = new Promise((done) => {
      settle = done
    })
    this.#settle = settle
    if (asked.instance.protocol === 'connect') void this.#sendByMesh(mesh)
    else this.#send(true, undefined)
  }

  take(taker: BodyTaker): void {
    this.#taker = taker
    const response = this.#response
    if (this.#fault) {
      taker.fault(this.#fault)
      return
    }
    if (!response) throw new Error('there is no answer to take')
    response.on('data', (piece: Buffer) => {
      this.#timer?.refresh()
      taker.data(piece)
    })
    response.on('end', () => this.#end())
  }

  pause(): void {
    this.#paused = true
    this.#response?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#timer?.refresh()
    this.#response?.resume()
  }

  cancel(fault: UpstreamFault): void {
    if (!this.#over) this.#fail(fault)
  }

  /** The mesh may have to be asked first. */
  async #sendByMesh(mesh: Mesh | undefined): Promise<void> {
    const { service } = this.#asked.instance
    try {
      if (!mesh) throw new Failure('Unavailable', 'There is no mesh here.')
      const pass = await mesh.admit(service)
      if (!this.#over) this.#send(true, pass)
    } catch (error) {
      this.#fail(refusedByMesh(error, nameOf(this.#asked.instance)))
    }
  }

  #send(mayRepeat: boolean, pass: MeshPass | undefined): void {
    const { instance, method, target, rawHeaders, body, headMs } = this.#asked
    const isSecure = isSecured(instance)
    const agent = isSecure ? this.#agents.secure : this.#agents.plain
    const options = {
      agent,
      host: instance.address,
      port: instance.port,
      method,
      path: target,
      // An array goes out as it stands, which the types of Node leave out.
      headers: rawHeaders as unknown as Record<string, string>,
      setHost: false,
      maxHeaderSize: MOST_HEAD_BYTES,
      ...(pass ? meshConnection(pass) : {}),
    }
    this.#sentAt = performance.now()
    const request = isSecure ? secureRequest(options) : plainRequest(options)
    this.#request = request
    // Node would leave headers out beyond its limit, without a word.
    request.maxHeadersCount = 0
    request.on('response', (response) => this.#answered(response))
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (this.#request !== request || this.#over) return
      const isStale = request.reusedSocket && !this.#response && REPEATED.has(error.code ?? '')
      if (mayRepeat && isStale && this.#asked.repeatable) {
        endIdle(agent, agent.getName(options))
        this.#send(false, pass)
        return
      }
      this.#fail(faultOf(error, nameOf(instance), reachedBy(request, isSecure)))
    })
    request.on('upgrade', (_response, socket) => {
      socket.destroy()
      this.#fail(malformed(instance, 'changed to a protocol that nobody asked for'))
    })
    const { onInformational } = this.#asked
    if (onInformational) {
      request.on('information', ({ statusCode, rawHeaders: more }) => {
        // We asked for none: who waits for leave to send got it from us.
        if (statusCode !== 100) onInformational(statusCode, more)
      })
    }
    this.#timer ??= setTimeout(() => this.#late(), headMs)
    if (body === undefined) request.end()
    else if (body instanceof Uint8Array) request.end(body)
    else {
      const { timings } = this
      sendBody(
        body,
        request,
        () => {
          if (timings.firstByte === undefined) this.#timer?.refresh()
        },
        () =>
          this.cancel({ kind: 'caller-left', detail: 'The caller left while it sent the body.' }),
      )
    }
  }

  #answered(response: IncomingMessage): void {
    if (this.#over) {
      response.destroy()
      return
    }
    const { instance, idleMs } = this.#asked
    const { statusCode = 0 } = response
    this.#response = response
    this.status = statusCode
    this.rawHeaders = response.rawHeaders
    if (statusCode < 200 || statusCode > 599) {
      this.#fail(malformed(instance, `answered with the status ${statusCode}`))
      return
    }
    if (response.rawHeaders.length > 2 * MOST_HEADERS) {
      this.#fail(malformed(instance, `answered with more than ${MOST_HEADERS} headers`))
      return
    }
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#silent(), idleMs)
    this.timings.firstByte = performance.now() - this.#sentAt
    this.#noteConnection()
    // `error` tells more, but a body that nobody takes yet must not be lost without a word.
    response.on('error', (error) => {
      if (!this.#over) this.#fail(faultOf(error, nameOf(instance), CONNECTED))
    })
    this.#settled = true
    this.#settle({ type: 'answer', answer: this })
  }

  #noteConnection(): void {
    const request = this.#request
    if (!request?.socket || request.reusedSocket) return
    const { dns, connect, tls } = timesOf(request.socket) ?? {}
    if (dns !== undefined) this.timings.dns = dns
    if (connect !== undefined) this.timings.connect = connect
    if (tls !== undefined) this.timings.tls = tls
  }

  #late(): void {
    const { instance, headMs } = this.#asked
    const ms = Math.round(headMs)
    this.#fail({ kind: 'timeout', detail: `${nameOf(instance)} did not answer in ${ms} ms.` })
  }

  #silent(): void {
    const { instance, idleMs } = this.#asked
    this.#fail(
      this.#paused
        ? { kind: 'caller-left', detail: `The caller took nothing for ${idleMs} ms.` }
        : { kind: 'timeout', detail: `${nameOf(instance)} fell silent for ${idleMs} ms.` },
    )
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    clearTimeout(this.#timer)
    // An answer may come before the request was whole: then the connection is good for nothing more.
    if (!this.#request?.writableEnded) this.#request?.destroy()
    this.#taker?.end()
  }

  #fail(fault: UpstreamFault): void {
    if (this.#over) return
    this.#over = true
    this.#fault = fault
    clearTimeout(this.#timer)
    if (!this.#settled) {
      this.#settled = true
      this.#noteConnection()
      const sent = reachedBy(this.#request, isSecured(this.#asked.instance)).connected
      this.#settle({ type: 'fault', fault, sent, timings: this.timings })
    }
    this.#request?.destroy()
    this.#taker?.fault(fault)
  }
}

const CONNECTED = { connected: true, securing: false }

function reachedBy(request: ClientRequest | undefined, isSecure: boolean) {
  const times = request?.socket ? timesOf(request.socket) : undefined
  const hasTcp = times?.connect !== undefined
  const connected = isSecure ? times?.tls !== undefined : hasTcp
  return { connected, securing: isSecure && hasTcp && !connected }
}

function malformed(instance: UpstreamInstance, did: string): UpstreamFault {
  return { kind: 'malformed-response', detail: `${nameOf(instance)} ${did}.` }
}

const isSecured = ({ protocol }: UpstreamInstance) => protocol === 'https' || protocol === 'connect'

/** How an instance is spoken of to callers: by its id, not by its address. */
const nameOf = ({ service, id }: UpstreamInstance): string => `${service}/${id}`

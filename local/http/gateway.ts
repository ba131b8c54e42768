import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { HostedFunction } from '#shared/adapters/http-server/hosted-function.ts'
import { makeServer } from '#shared/adapters/http-server/make-server.ts'
import { answerProblem } from '#shared/adapters/http-server/problem-answer.ts'
import type { TlsFiles } from '#shared/adapters/http-server/tls-files.ts'
import type { Call, FunctionHost } from '../lambda/function-host.ts'
import type { HttpCall } from '../lambda/wire.ts'
import type { ApiPlan, RoutePlan } from '../template/api.ts'
import { writeOutcome } from './answer.ts'
import { gatewayCertificate } from './gateway-certificate.ts'
import { declaresTooMuch, readBody } from './read-body.ts'
import { routeTable } from './route-table.ts'

/** A slow sender gets so long for a whole request, ms. */
const REQUEST_TIMEOUT_MS = 30_000
/** A refused body may go on coming for so long, ms. */
const LINGER_MS = 2_000

/** The server, and the end of all its streams, which would go on for as long as they are read. */
export type Gateway = Readonly<{ server: Server; endStreams(): void }>

/** Who answers: workers by name, and those that take requests as they come, in this process. */
export type Answering = Readonly<{
  hostOf(functionName: string): FunctionHost
  hosted: ReadonlyMap<string, HostedFunction>
}>

/**
 * The REST API of the template on an HTTP server. It differs from API Gateway in three things that
 * are for people: an unknown path is a 404 and a wrong method a 405, where API Gateway says 403 to
 * both; a time-out of the function is a 504; errors are problem details.
 */
export function gateway(api: ApiPlan, { hostOf, hosted }: Answering, tls?: TlsFiles): Gateway {
  const find = routeTable(api.routes)
  const streams = new Set<ServerResponse>()
  const targets = api.routes.map((route) => {
    const inThisProcess = hosted.get(route.functionName)
    return inThisProcess ? { hosted: inThisProcess } : { route, host: hostOf(route.functionName) }
  })

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url = '' } = request
    const target = originForm(url)
    const queryAt = target.indexOf('?')
    const match = find(method, queryAt < 0 ? target : target.slice(0, queryAt))
    const found = 'index' in match ? targets[match.index] : undefined
    if (found?.hosted) {
      request.url = target
      found.hosted.handle(request, response)
      return
    }
    if (request.headers.expect && !declaresTooMuch(request)) response.writeContinue()
    if (match.type !== 'found') {
      request.resume()
      const extra = trace(request)
      if (match.type === 'malformed') answerProblem(response, 400, MALFORMED_PATH, extra)
      else if (match.type === 'unknown')
        answerProblem(response, 404, `Nothing is at ${target}.`, extra)
      else {
        const allow = match.allowed.join(', ')
        const detail = `${target} takes ${allow}.`
        answerProblem(response, 405, detail, { ...extra, headers: { allow } })
      }
      return
    }
    if (declaresTooMuch(request)) {
      tooLarge(request, response)
      return
    }
    if (!found) throw new Error(`no route ${match.index}`)
    const certificate = gatewayCertificate(request.socket)
    readBody(request, (reading) => {
      if (reading.type === 'too-large') {
        tooLarge(request, response)
        return
      }
      const sourceIp = request.socket.remoteAddress ?? ''
      const { index, params } = match
      const { rawHeaders } = request
      if (found.route.streaming) {
        streams.add(response)
        response.on('close', () => streams.delete(response))
      }
      const { body } = reading
      const call = [index, method, target, params, rawHeaders, sourceIp, body, certificate] as const
      invoke(found, response, call)
    })
  }

  const server = makeServer(serve, REQUEST_TIMEOUT_MS, tls)
  server.on('checkContinue', serve)
  return {
    server,
    endStreams() {
      for (const response of streams) response.end()
      for (const each of hosted.values()) each.endStreams()
    },
  }
}

const MALFORMED_PATH = 'The path has a % that begins no encoded character.'

function invoke(
  { route, host }: { route: RoutePlan; host: FunctionHost },
  response: ServerResponse,
  request: HttpCall,
): void {
  let over = false
  // A call that is refused is over before it is here.
  let call: Call | undefined
  call = host.call(request, route.timeoutMs, {
    settle(outcome) {
      over = true
      if (response.destroyed || response.writableEnded) return
      writeOutcome(response, outcome, { ...trace(response.req), requestId: call?.requestId })
    },
    head(status, headers) {
      if (response.destroyed) return
      response.writeHead(status, [...headers])
      response.flushHeaders()
    },
    chunk(bytes) {
      if (response.destroyed || response.writableEnded) return
      response.write(bytes, () => call?.drained(bytes.byteLength))
    },
  })
  if (!route.streaming) return
  response.on('close', () => {
    if (!over) call?.abort()
  })
}

function tooLarge(request: IncomingMessage, response: ServerResponse): void {
  // Who waits for leave to send has not sent: what comes next would be taken for the body.
  const headers: Record<string, string> = request.headers.expect ? { connection: 'close' } : {}
  answerProblem(response, 413, 'A body may have 10 MiB.', { ...trace(request), headers })
  // Closing on what is still on its way would reset the connection before the answer is read.
  request.resume()
  const timer = setTimeout(() => request.destroy(), LINGER_MS)
  request.on('close', () => clearTimeout(timer))
}

function trace(request: IncomingMessage) {
  const { traceparent } = request.headers
  return { traceparent: Array.isArray(traceparent) ? undefined : traceparent }
}

/** `http://host/path` (RFC 9112, section 3.2.2) is read as `/path`. */
function originForm(url: string): string {
  if (url.startsWith('/')) return url
  return /^https?:\/\/[^/?]*(.*)$/i.exec(url)?.[1] || '/'
}

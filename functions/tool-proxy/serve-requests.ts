import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ClientCertificate } from '#shared/ports/callers.ts'
import { ResponsePresence, serverCall } from './server-call.ts'
import { ServerSink } from './server-sink.ts'
import type { ToolProxy } from './tool-proxy.ts'

/** Answers requests of Node's server as they come in. */
export type ServedRequests = Readonly<{
  handle(request: IncomingMessage, response: ServerResponse): void
  /** Ends answers that have no end of their own. */
  endStreams(): void
}>

/** @param certificateOf what a connection's client has proved to be */
export function serveRequests(
  proxy: ToolProxy,
  certificateOf: (socket: Socket) => ClientCertificate | undefined,
): ServedRequests {
  const streams = new Map<ServerResponse, ResponsePresence>()
  return {
    handle(request, response) {
      const presence = new ResponsePresence(response)
      const sink = new ServerSink(request, response, () => {
        streams.set(response, presence)
        response.once('close', () => streams.delete(response))
      })
      void proxy(serverCall(request, presence, certificateOf(request.socket)), sink)
    },
    endStreams() {
      for (const [response, presence] of streams) {
        response.end()
        presence.leave()
      }
    },
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { ClientCertificate } from '#shared/ports/callers.ts'
import type { IncomingCall, Presence } from './incoming-call.ts'

/** Whether a response's caller is still there. */
export class ResponsePresence implements Presence {
  left = false
  #listener: (() => void) | undefined

  constructor(response: ServerResponse) {
    response.once('close', () => {
      if (!response.writableFinished) this.leave()
    })
  }

  /** Nobody waits for the answer any more. */
  leave(): void {
    if (this.left) return
    this.left = true
    this.#listener?.()
  }

  onLeave(listener: () => void): void {
    this.#listener = listener
    if (this.left) listener()
  }
}

/** A request to a server of Node's as a call. */
export function serverCall(
  request: IncomingMessage,
  presence: Presence,
  certificate: ClientCertificate | undefined,
): IncomingCall {
  const { method = '', url = '', rawHeaders, httpVersion, socket } = request
  return {
    ...{ method, rawHeaders, httpVersion, presence },
    target: url,
    body: request,
    peer: {
      address: socket.remoteAddress ?? '',
      scheme: (socket as Partial<TLSSocket>).encrypted ? 'https' : 'http',
      certificate,
    },
    receivedAt: performance.now(),
  }
}

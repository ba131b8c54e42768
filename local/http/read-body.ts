import type { IncomingMessage } from 'node:http'

/** What became of a request's body. */
export type BodyReading =
  /** base64; null when there is none. */
  Readonly<{ type: 'whole'; body: string | null }> | Readonly<{ type: 'too-large' }>

/** API Gateway's payload limit, bytes. */
export const BODY_LIMIT_BYTES = 10 * 1_024 * 1_024

/** Whether the declared length alone says that a body is too large. */
export function declaresTooMuch(request: IncomingMessage): boolean {
  return Number(request.headers['content-length'] ?? 0) > BODY_LIMIT_BYTES
}

/** Reads a body to its end. `done` is not called for a request that its sender gave up. */
export function readBody(request: IncomingMessage, done: (reading: BodyReading) => void): void {
  let first: Buffer | undefined
  let more: Buffer[] | undefined
  let bytes = 0
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength
    if (bytes > BODY_LIMIT_BYTES) {
      if (first) done({ type: 'too-large' })
      first = undefined
      more = undefined
      return
    }
    if (!first) first = chunk
    else if (more) more.push(chunk)
    else more = [first, chunk]
  })
  request.on('end', () => {
    if (bytes > BODY_LIMIT_BYTES) return
    const whole = more ? Buffer.concat(more, bytes) : first
    done({ type: 'whole', body: whole ? whole.toString('base64') : null })
  })
  // The sender has gone: there is nobody to answer.
  request.on('error', () => undefined)
}

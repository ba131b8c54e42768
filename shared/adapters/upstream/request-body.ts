import type { ClientRequest } from 'node:http'

/**
 * Sends a body as it comes, no faster than the instance takes it.
 *
 * @param progress called with each piece, and at the end.
 * @param broken called when the body ends before it is whole: its sender has gone.
 */
export function sendBody(
  body: NodeJS.ReadableStream,
  request: ClientRequest,
  progress: () => void,
  broken: () => void,
): void {
  let whole = false
  body.on('data', (piece: Buffer) => {
    progress()
    if (request.destroyed) return
    if (!request.write(piece)) body.pause()
  })
  request.on('drain', () => body.resume())
  body.on('end', () => {
    whole = true
    progress()
    request.end()
  })
  body.on('error', () => undefined)
  body.on('close', () => {
    if (!whole) broken()
  })
  // Whoever waits for the body's end goes on reading it, though the instance reads no more.
  request.on('close', () => body.resume())
  body.resume()
}

import type { Readable } from 'node:stream'
import { keptBytesOf } from '#shared/domain/calls/capture-rules.ts'
import { type Refusal, refusal } from '#shared/domain/proxy/refusal.ts'
import type { ProxyDependencies } from './dependencies.ts'
import type { Passage } from './passage.ts'
import { MOST_BODY_BYTES } from './read-request.ts'

/** Bodies up to this are read before they are sent, so that they can be sent again; bytes. */
const REPLAYED_BYTES = 65_536

/** A request's body: none, whole, or still to come. */
export type RequestBody = Readonly<{ type: 'body'; content: Buffer | Readable | undefined }>

/**
 * Gets a body ready for its way. A small one is read first, another one too where `wanted` says up to
 * how many bytes the whole of it is needed; all others go through as they come.
 */
export async function readRequestBody(
  dependencies: ProxyDependencies,
  passage: Passage,
  wanted: number | undefined,
): Promise<RequestBody | Refusal> {
  const { call, head, sink } = passage
  const { body } = call
  if (isEmpty(passage) || body === undefined) return { type: 'body', content: undefined }
  tap(dependencies, passage, body)
  if (body instanceof Uint8Array) {
    if (body.byteLength > MOST_BODY_BYTES) return tooLarge(MOST_BODY_BYTES)
    return { type: 'body', content: body }
  }
  if (head.expectsContinue) sink.proceed()
  const isSmall = head.contentLength !== undefined && head.contentLength <= REPLAYED_BYTES
  if (!isSmall && wanted === undefined) {
    limitStreamed(passage, body)
    // Whoever sends it lets it go on.
    body.pause()
    return { type: 'body', content: body }
  }
  const limit = Math.min(wanted ?? REPLAYED_BYTES, MOST_BODY_BYTES)
  const began = performance.now()
  const whole = await readWhole(body, limit)
  passage.waitedMs += performance.now() - began
  if (whole === 'too-large') return tooLarge(limit)
  if (whole === 'broken') return refusal('caller-left', 'The caller left while it sent the body.')
  return { type: 'body', content: whole }
}

/** A stream says only at its end that there was nothing; the headers say it now (RFC 9112, section 6.3). */
export function isEmpty({ call, head }: Pick<Passage, 'call' | 'head'>): boolean {
  if (call.body === undefined) return true
  return !(call.body instanceof Uint8Array) && !head.chunked && !head.contentLength
}

const tooLarge = (bytes: number): Refusal =>
  refusal('too-large', `The body has more than ${bytes} bytes.`)

/** Looks at the body as it goes by, for the capture. */
function tap({ tap: open }: ProxyDependencies, passage: Passage, body: Buffer | Readable): void {
  if (passage.capture.mode === 'off') return
  const isFull = passage.capture.mode === 'full'
  const seen = open(keptBytesOf(passage.capture), isFull)
  passage.requestTap = seen
  if (body instanceof Uint8Array) seen.add(body)
  else {
    body.on('data', (piece: Buffer) => {
      // What comes once the call is recorded nobody reads any more.
      if (!passage.recorded) seen.add(piece)
    })
  }
}

/** A body whose length nobody declared turns out too large on its way. */
function limitStreamed({ exchanges }: Passage, body: Readable): void {
  let bytes = 0
  body.on('data', (piece: Buffer) => {
    bytes += piece.byteLength
    if (bytes <= MOST_BODY_BYTES) return
    const { detail } = tooLarge(MOST_BODY_BYTES)
    for (const exchange of exchanges) exchange.cancel({ kind: 'too-large', detail })
  })
}

function readWhole(body: Readable, limit: number): Promise<Buffer | 'too-large' | 'broken'> {
  return new Promise((done) => {
    let first: Buffer | undefined
    let pieces: Buffer[] | undefined
    let bytes = 0
    body.on('data', (piece: Buffer) => {
      bytes += piece.byteLength
      if (bytes > limit) {
        first = undefined
        pieces = undefined
        done('too-large')
        return
      }
      if (!first) first = piece
      else if (pieces) pieces.push(piece)
      else pieces = [first, piece]
    })
    body.on('end', () => done(pieces ? Buffer.concat(pieces, bytes) : (first ?? NOTHING)))
    body.on('error', () => done('broken'))
    body.on('close', () => done('broken'))
  })
}

const NOTHING = Buffer.alloc(0)

import type { Readable } from 'node:stream'
import type { ListedInstance } from '#shared/domain/discovery/instance.ts'
import { type Framing, onwardHeaders } from '#shared/domain/proxy/request-headers.ts'
import { isTraceparent } from '#shared/domain/traceparent.ts'
import type { Passage } from './passage.ts'

/** What is sent to an instance; each attempt's `Host` aside it is always the same. */
export type Outgoing = Readonly<{
  method: string
  target: string
  rawHeaders: readonly string[]
  body: Buffer | Readable | undefined
}>

/** The request as it goes on. `Host` comes first, and is each instance's own: see `addressedTo`. */
export function outgoing(
  passage: Passage,
  body: Buffer | Readable | undefined,
  more: Readonly<{ baggage: string | undefined; deadline: number | undefined }>,
): Outgoing {
  const { call, head, target, credential, correlationId, traceparent } = passage
  const { method, httpVersion, peer } = call
  const given = head.values.traceparent
  const rawHeaders = onwardHeaders(call.rawHeaders, head, {
    ...more,
    ...{ httpVersion, credential, correlationId, traceparent },
    origin: { address: peer.address, scheme: peer.scheme, host: head.host },
    host: '',
    framing: framingOf(method, body, head.contentLength),
    traceContinues: given !== undefined && isTraceparent(given),
    deadline: head.values['x-deadline'] === undefined ? more.deadline : undefined,
  })
  return { method, target: target.target, rawHeaders, body }
}

/** Where a body ends: as its sender declared it, or by what is at hand. */
function framingOf(
  method: string,
  body: Buffer | Readable | undefined,
  declared: number | undefined,
): Framing {
  if (body instanceof Uint8Array) return body.byteLength
  if (body !== undefined) return declared ?? 'chunked'
  if (declared !== undefined) return 0
  // RFC 9110, section 8.6: what could have content says that it has none.
  return method === 'POST' || method === 'PUT' || method === 'PATCH' ? 0 : 'none'
}

/** The headers with an instance's own authority for `Host` (RFC 9110, section 7.2). */
export function addressedTo(
  rawHeaders: readonly string[],
  { address, port }: ListedInstance,
): readonly string[] {
  const headers = rawHeaders.slice()
  headers[1] = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
  return headers
}

/** The request with another form of its content: framing follows. `Host` still comes first. */
export function withBody(
  outgoing: Outgoing,
  { method, target, rawHeaders, body }: Content,
): Outgoing {
  const headers = ['Host', '']
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase()
    if (name === 'content-length' || name === 'transfer-encoding' || name === 'host') continue
    headers.push(rawHeaders[at] as string, rawHeaders[at + 1] as string)
  }
  const hadBody = outgoing.body !== undefined
  const hasBody = hadBody || body.byteLength > 0
  const content = hasBody ? Buffer.from(body.buffer, body.byteOffset, body.byteLength) : undefined
  const framing = framingOf(method, content, undefined)
  if (typeof framing === 'number') headers.push('Content-Length', String(framing))
  return { method, target, rawHeaders: headers, body: content }
}

type Content = Readonly<{
  method: string
  target: string
  rawHeaders: readonly string[]
  body: Uint8Array
}>

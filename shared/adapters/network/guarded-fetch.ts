import { type IncomingHttpHeaders, type IncomingMessage, request as plainRequest } from 'node:http'
import { request as secureRequest } from 'node:https'
import { Failure } from '../../errors.ts'
import type { UpstreamNetworks } from '../../ports/upstream-networks.ts'
import { guardedLookup, refuseAddress } from './guarded-lookup.ts'

type FetchOptions = Readonly<{
  networks: UpstreamNetworks
  /** For all of it, from the look-up to the body's end, ms. */
  timeoutMs: number
  /** A longer body is a failure, unless `cut`. bytes */
  maxBytes: number
  /** Whether a longer body is cut there instead. */
  cut?: boolean
  method?: string
  headers?: Readonly<Record<string, string>>
  body?: Uint8Array | string
  signal?: AbortSignal
  /** Authorities to trust instead of the system's, PEM. */
  ca?: string
}>

export type Fetched = Readonly<{ status: number; headers: IncomingHttpHeaders; body: Buffer }>

/**
 * Asks an address that someone else gave: only in the networks that are allowed, following no redirect,
 * within a time and a size. Every status is an answer.
 *
 * @throws `InvalidInput` for what is no http or https URL or has credentials, `Forbidden` for an
 *   address that is not allowed, `Timeout`, `TooLarge`, and `Unavailable` for what can't be reached or read.
 */
export async function guardedFetch(url: string, options: FetchOptions): Promise<Fetched> {
  const { networks, timeoutMs, method = 'GET', headers, body, signal, ca } = options
  const target = readUrl(url)
  refuseAddress(networks, target.hostname)
  const request = (target.protocol === 'https:' ? secureRequest : plainRequest)(target, {
    method,
    headers,
    // A connection of its own: one that is kept alive was checked for someone else.
    agent: false,
    lookup: guardedLookup(networks),
    signal,
    ...(ca === undefined ? {} : { ca }),
  })
  return new Promise<Fetched>((done, fail) => {
    const timer = setTimeout(() => {
      request.destroy(new Failure('Timeout', `${target.host} did not answer in ${timeoutMs} ms`))
    }, timeoutMs)
    request.on('close', () => clearTimeout(timer))
    request.on('error', (error) => fail(asFailure(error, target.host)))
    request.on('response', (response) => {
      readWithin(response, options).then(done, (error: unknown) => {
        request.destroy()
        fail(asFailure(error, target.host))
      })
    })
    request.end(body)
  })
}

function readUrl(url: string): URL {
  const target = URL.canParse(url) ? new URL(url) : undefined
  const isHttp = target?.protocol === 'http:' || target?.protocol === 'https:'
  if (!target || !isHttp || target.username || target.password) {
    throw new Failure('InvalidInput', 'an http or https URL without credentials is needed')
  }
  return target
}

async function readWithin(
  response: IncomingMessage,
  { maxBytes, cut = false }: FetchOptions,
): Promise<Fetched> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength
    chunks.push(chunk)
    if (bytes <= maxBytes) continue
    if (!cut) throw new Failure('TooLarge', `the answer has more than ${maxBytes} bytes`)
    break
  }
  const { statusCode = 0, headers } = response
  return { status: statusCode, headers, body: Buffer.concat(chunks).subarray(0, maxBytes) }
}

function asFailure(error: unknown, host: string): Failure {
  if (error instanceof Failure) return error
  const reason = error instanceof Error ? error.message : String(error)
  return new Failure('Unavailable', `${host} can't be asked: ${reason}`, { cause: error })
}

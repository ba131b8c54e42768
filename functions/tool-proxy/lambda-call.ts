import type { APIGatewayProxyEvent } from 'aws-lambda'
import type { IncomingCall, Presence } from './incoming-call.ts'

type Gathered = Readonly<Record<string, readonly string[] | undefined>> | null

/**
 * A request as API Gateway hands it over. It parses the query and gathers headers by name, so the
 * query's bytes and the order of headers are lost; see docs/reference/proxy.md.
 */
export function lambdaCall(event: APIGatewayProxyEvent, presence: Presence): IncomingCall {
  const { httpMethod: method, body, isBase64Encoded, requestContext } = event
  const content = body === null ? undefined : Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8')
  return {
    ...{ method, presence },
    rawHeaders: headersOf(event.multiValueHeaders, content?.byteLength),
    target: event.path + queryOf(event.multiValueQueryStringParameters),
    httpVersion: '1.1',
    body: content,
    peer: {
      address: requestContext.identity?.sourceIp ?? '',
      scheme: 'https',
      certificate: undefined,
      certificatePem: requestContext.identity?.clientCert?.clientCertPem,
    },
    receivedAt: performance.now(),
  }
}

/** Framing between the caller and the gateway is over: what is left is the body's length. */
function headersOf(gathered: Gathered, length: number | undefined): readonly string[] {
  const headers: string[] = []
  for (const [name, values = []] of Object.entries(gathered ?? {})) {
    if (FRAMING.test(name)) continue
    for (const value of values) headers.push(name, value)
  }
  if (length !== undefined) headers.push('Content-Length', String(length))
  return headers
}

const FRAMING = /^(?:content-length|transfer-encoding|expect|connection|keep-alive)$/i

/** A query that reads as the one that came. */
function queryOf(gathered: Gathered): string {
  const pairs: string[] = []
  for (const [name, values = []] of Object.entries(gathered ?? {})) {
    for (const value of values) pairs.push(`${encoded(name)}=${encoded(value)}`)
  }
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** What is no text (a lone surrogate) becomes U+FFFD instead of an exception. */
const encoded = (text: string): string => encodeURIComponent(text.toWellFormed())

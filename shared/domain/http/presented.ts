import { headerOf, type RequestHeaders } from './headers.ts'

/** What of API Gateway's request can prove who sent it. */
type GatewayRequest = Readonly<{
  headers: RequestHeaders
  multiValueHeaders?: Readonly<Record<string, readonly string[] | undefined>> | null
  requestContext: Readonly<{
    identity?: Readonly<{ clientCert?: Readonly<{ clientCertPem: string }> | null }> | null
  }>
}>

/**
 * What a request brings as proof of who sent it. A header that comes twice is joined by commas, which
 * makes it none of ours; the certificate is the one that the gateway itself has verified.
 */
export function presentedBy({ headers, multiValueHeaders, requestContext }: GatewayRequest) {
  const textOf = (name: string): string | undefined => {
    for (const [key, values] of Object.entries(multiValueHeaders ?? {})) {
      if (values && values.length > 1 && key.toLowerCase() === name) return values.join(', ')
    }
    return headerOf(headers, name)
  }
  return {
    authorization: textOf('authorization'),
    apiKey: textOf('x-api-key'),
    certificate: undefined,
    certificatePem: requestContext.identity?.clientCert?.clientCertPem,
  }
}

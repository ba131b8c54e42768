import { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { Failure } from '#shared/errors.ts'
import type { ClientCertificate } from '#shared/ports/callers.ts'

/** What a certificate says about its holder; whether it is to be believed, TLS has to have found out. */
export function clientCertificateOf(certificate: X509Certificate): ClientCertificate {
  return {
    uris: urisIn(certificate.subjectAltName),
    subject: distinguishedName(certificate.subject),
    notAfter: certificate.validToDate.getTime(),
  }
}

/**
 * The same of `requestContext.identity.clientCert.clientCertPem`, which API Gateway has verified.
 *
 * @throws `Malformed` for text that is no certificate
 */
export function clientCertificateOfPem(pem: string): ClientCertificate {
  return clientCertificateOf(read(pem))
}

/** The certificate that a connection's client has proved to hold, if any; never one that failed. */
export function verifiedClientCertificate(socket: Socket): ClientCertificate | undefined {
  const certificate = verifiedX509(socket)
  return certificate && remembered(certificate)
}

/** The same as it was sent. */
export function verifiedX509(socket: Socket): X509Certificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined
  const known = bySocket.get(socket)
  if (known) return inTime(known)
  const certificate = socket.getPeerX509Certificate()
  if (!certificate) return undefined
  bySocket.set(socket, certificate)
  return inTime(certificate)
}

/** RFC 2253 text of a name that node:crypto writes one attribute a line, escaped already. */
export function distinguishedName(lines: string): string {
  const names = lines.split('\n').map((line) => line.split(' + ').reverse().join('+'))
  return names.reverse().join(',')
}

const bySocket = new WeakMap<Socket, X509Certificate>()
const byCertificate = new WeakMap<X509Certificate, ClientCertificate>()

function remembered(certificate: X509Certificate): ClientCertificate {
  const known = byCertificate.get(certificate) ?? clientCertificateOf(certificate)
  byCertificate.set(certificate, known)
  return known
}

/** A connection may outlive the certificate that it was opened with. */
function inTime(certificate: X509Certificate): X509Certificate | undefined {
  return certificate.validToDate.getTime() > Date.now() ? certificate : undefined
}

function read(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (error) {
    throw new Failure('Malformed', 'the client certificate is no X.509 certificate', {
      cause: error,
    })
  }
}

/**
 * The URIs of `URI:spiffe://a/b, DNS:c`. An entry that could be taken for several is in JSON quotes
 * (Node.js documentation, `x509.subjectAltName`).
 */
function urisIn(alternativeNames: string | undefined): readonly string[] {
  const entries = (alternativeNames ?? '').match(ENTRY) ?? []
  return entries.flatMap((entry) => {
    const uri = /^URI:(.*)$/s.exec(entry)?.[1]
    if (uri === undefined) return []
    return uri.startsWith('"') ? [JSON.parse(uri) as string] : [uri]
  })
}

const ENTRY = /[^:, ][^:]*:(?:"(?:[^"\\]|\\.)*"|[^,]*)/g

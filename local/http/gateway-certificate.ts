import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { APIGatewayEventClientCertificate } from 'aws-lambda'
import { distinguishedName, verifiedX509 } from '#shared/adapters/http-server/client-certificate.ts'

/**
 * A connection's client certificate as API Gateway tells functions of it, in
 * `requestContext.identity.clientCert` (developer guide, "Mutual TLS"); null where none was proved.
 */
export function gatewayCertificate(socket: Socket): APIGatewayEventClientCertificate | null {
  const certificate = verifiedX509(socket)
  if (!certificate) return null
  const known = made.get(certificate) ?? shapeOf(certificate)
  made.set(certificate, known)
  return known
}

const made = new WeakMap<X509Certificate, APIGatewayEventClientCertificate>()

function shapeOf(certificate: X509Certificate): APIGatewayEventClientCertificate {
  const { subject, issuer, serialNumber, validFrom, validTo } = certificate
  return {
    clientCertPem: certificate.toString(),
    subjectDN: distinguishedName(subject),
    issuerDN: distinguishedName(issuer),
    serialNumber: serialNumber.toLowerCase().match(/../g)?.join(':') ?? '',
    validity: { notBefore: validFrom, notAfter: validTo },
  }
}

import { createSecureContext, type PeerCertificate, type SecureContext } from 'node:tls'
import type { MeshIdentity, MeshPass } from '../../ports/mesh.ts'

const contexts = new WeakMap<MeshIdentity, SecureContext>()

/**
 * How a connection to a service of the mesh is secured: by our certificate of the mesh, and by the SPIFFE
 * id in the service's, whatever its host is called (SPIFFE X.509-SVID, section 5.2).
 */
export function meshConnection({ identity, spiffeId, serverName }: MeshPass) {
  return {
    secureContext: contextOf(identity),
    // Connections are kept by it too: one that was opened to one service never serves another.
    servername: serverName,
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      isOf(certificate, spiffeId)
        ? undefined
        : new Error(`its certificate is not that of ${spiffeId}`),
  }
}

function contextOf(identity: MeshIdentity): SecureContext {
  const { certificate: cert, key, authorities } = identity
  const context =
    contexts.get(identity) ??
    createSecureContext({ cert, key, ca: [...authorities], minVersion: 'TLSv1.2' })
  contexts.set(identity, context)
  return context
}

/** An SVID names exactly one URI (section 2); more of them prove nothing. */
function isOf({ subjectaltname = '' }: PeerCertificate, spiffeId: string): boolean {
  const uris = subjectaltname.split(', ').filter((name) => name.startsWith('URI:'))
  return uris.length === 1 && uris[0] === `URI:${spiffeId}`
}

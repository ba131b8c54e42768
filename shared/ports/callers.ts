import type { CertificateNames } from '../domain/access-certificates.ts'
import type { Credential, Principal } from '../domain/principal.ts'

/**
 * A client certificate that TLS has verified against the client authorities. `uris` are the
 * `URI:spiffe://...` entries and others of the Subject Alternative Name, without their prefix.
 */
export type ClientCertificate = CertificateNames

/** What a request brings as proof of who sent it. */
export type Presented = Readonly<{
  /** Values of `Authorization` and `X-API-Key`; more than one joined by commas, which is none of ours. */
  authorization: string | undefined
  apiKey: string | undefined
  certificate: ClientCertificate | undefined
  /** The verified certificate's PEM, where a gateway passes that on instead. */
  certificatePem?: string | undefined
}>

/** Finds out who calls: by API key, by a token of a known issuer, by client certificate. */
export interface Callers {
  /**
   * One credential decides, the others are not looked at; see `chooseCredential`.
   *
   * @throws `Unauthenticated` with a `WWW-Authenticate` header, also for an expired certificate beside
   *   another credential; `Unavailable` when keys or an issuer's key set can't be had.
   */
  identify(
    presented: Presented,
  ): Promise<Readonly<{ principal: Principal; credential: Credential }>>
}

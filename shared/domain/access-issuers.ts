/**
 * Signatures that an issuer's tokens may have (RFC 7518, section 3.1; RFC 8037): asymmetric ones
 * alone. What verifies a token must not be able to make one, and nothing unsigned is one.
 */
export const signatureAlgorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const
export type SignatureAlgorithm = (typeof signatureAlgorithms)[number]

/** `typ` of a token: an access token of RFC 9068, or a plain JWT. */
export const tokenTypes = ['at+jwt', 'JWT'] as const
export type TokenType = (typeof tokenTypes)[number]

/** A claim that a token must have, with this value where there is one. */
export type RequiredClaim = Readonly<{ claim: string; value?: string | number | boolean }>

/** Who makes tokens (JWT, RFC 7519) that the bridge takes, and what they are worth. */
export type Issuer = Readonly<{
  /** What operators call it. */
  name: string
  /** `iss`, compared to the letter. */
  issuer: string
  /** A token's `aud` must hold one of these, to the letter. */
  audiences: readonly string[]
  /** Where its public keys are (RFC 7517, section 5). */
  jwksUrl: string
  algorithms: readonly SignatureAlgorithm[]
  /** By how much its clock may differ from ours, s. */
  leewayS: number
  /** Where a token names its roles: a claim, or a JSON pointer to one inside another. */
  rolesClaim?: string
  /** What every token of it has. */
  fixedRoles: readonly string[]
  /** All that a token may ever have, whatever it says. */
  allowedRoles: readonly string[]
  requiredClaims: readonly RequiredClaim[]
  /** Any, or none, where left out. */
  tokenType?: TokenType
}>

import { SignJWT } from 'jose/jwt/sign'
import { exportJWK } from 'jose/key/export'
import { generateKeyPair } from 'jose/key/generate/keypair'
import type { Issuer } from '#shared/domain/access-issuers.ts'

/** When the tests' tokens are looked at. */
export const AT = new Date('2026-03-01T12:00:00Z')
export const AT_S = AT.getTime() / 1_000

export const LOGIN: Issuer = {
  name: 'login',
  issuer: 'https://login.example',
  audiences: ['bridge'],
  jwksUrl: 'https://login.example/keys',
  algorithms: ['ES256'],
  leewayS: 30,
  rolesClaim: 'roles',
  fixedRoles: [],
  allowedRoles: ['reader', 'billing-reader'],
  requiredClaims: [],
}

export const CLAIMS = {
  iss: LOGIN.issuer,
  aud: 'bridge',
  sub: 'ada',
  exp: AT_S + 600,
  roles: ['reader'],
}

type Claims = Readonly<Record<string, unknown>>

/** A key of an issuer, and what it can sign. */
export async function anIssuerKey(kid: string | undefined, alg = 'ES256') {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = { ...(await exportJWK(publicKey)), alg, ...(kid === undefined ? {} : { kid }) }
  const sign = (claims: Claims = CLAIMS, header: Claims = {}) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }), ...header })
      .sign(privateKey)
  return { jwk, sign, privateKey, publicKey }
}

/** A token of any header and payload, its signature given: what no library would make. */
export function assembled(header: Claims, claims: Claims | string, signature = ''): string {
  const part = (value: Claims | string) =>
    Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part(claims)}.${signature}`
}

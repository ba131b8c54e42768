import type { JWTPayload } from 'jose'
import {
  JOSEError,
  JWKSMultipleMatchingKeys,
  JWTClaimValidationFailed,
  JWTExpired,
} from 'jose/errors'
import { type JWTVerifyOptions, jwtVerify } from 'jose/jwt/verify'
import type { Issuer } from '../../domain/access-issuers.ts'
import type { Principal } from '../../domain/principal.ts'
import { hasClaim, rolesOfToken } from '../../domain/token-claims.ts'
import { type Failure, unauthenticated } from '../../errors.ts'
import type { KeySets } from './key-sets.ts'
import type { UnverifiedToken } from './read-token.ts'

/** Longer names of people and services than this are refused, characters. */
const MAX_SUBJECT = 256

/**
 * Verifies a token by the rules of RFC 7519 and RFC 8725, with keys of its issuer alone.
 *
 * @returns whose it is, and until when, ms since the epoch
 * @throws `Unauthenticated` saying what is wrong, `Unavailable` when the issuer's keys can't be had
 */
export async function verifyToken(
  token: string,
  { header }: UnverifiedToken,
  issuer: Issuer,
  keySets: KeySets,
  now: Date,
): Promise<Readonly<{ principal: Principal; expiresAt: number }>> {
  const { alg, kid } = header
  if (!(issuer.algorithms as readonly unknown[]).includes(alg)) {
    throw unauthenticated('The token is not signed by an algorithm that its issuer may use.')
  }
  if (kid !== undefined && typeof kid !== 'string') throw unauthenticated('kid must be a text.')
  const keys = await keySets.of(issuer.jwksUrl, kid)
  const { leewayS, tokenType } = issuer
  const options: JWTVerifyOptions = {
    algorithms: [...issuer.algorithms],
    issuer: issuer.issuer,
    audience: [...issuer.audiences],
    clockTolerance: leewayS,
    currentDate: now,
    requiredClaims: ['exp', 'sub'],
    ...(tokenType === undefined ? {} : { typ: tokenType }),
  }
  const payload = await jwtVerify(token, keys, options).then(
    (verified) => verified.payload,
    (error: unknown) => {
      throw refusal(error)
    },
  )
  return {
    principal: principalOf(payload, issuer, now),
    expiresAt: ((payload.exp ?? 0) + leewayS) * 1_000,
  }
}

function principalOf(payload: JWTPayload, issuer: Issuer, now: Date): Principal {
  const { sub, iat } = payload
  if (typeof sub !== 'string' || sub === '' || sub.length > MAX_SUBJECT) {
    throw unauthenticated(`The token's sub must be a text of at most ${MAX_SUBJECT} characters.`)
  }
  if (iat !== undefined && iat * 1_000 > now.getTime() + issuer.leewayS * 1_000) {
    throw unauthenticated('The token was issued in the future (iat).')
  }
  if (payload.cnf !== undefined) {
    throw unauthenticated('The token is bound to a key (cnf), which the bridge can not check.')
  }
  const missing = issuer.requiredClaims.find((required) => !hasClaim(payload, required))
  if (missing) throw unauthenticated(`The token lacks what the claim ${missing.claim} must be.`)
  const id = `${issuer.issuer} ${sub}`
  return { kind: 'token', id, name: sub, roles: rolesOfToken(payload, issuer) }
}

/** What is wrong with it, in words that say nothing of our keys. */
function refusal(error: unknown): Failure | Error {
  if (error instanceof JWTExpired) return unauthenticated('The token has expired.')
  if (error instanceof JWTClaimValidationFailed) {
    return unauthenticated(`The token's ${error.claim} is ${REASONS[error.reason] ?? 'wrong'}.`)
  }
  if (error instanceof JWKSMultipleMatchingKeys) {
    return unauthenticated('The token names no key (kid), and several of its issuer fit.')
  }
  if (error instanceof JOSEError || error instanceof TypeError) {
    return unauthenticated('The token is not signed by a key of its issuer.')
  }
  return error as Error
}

const REASONS: Readonly<Record<string, string>> = {
  missing: 'missing',
  invalid: 'no number',
  check_failed: 'not what it must be',
}

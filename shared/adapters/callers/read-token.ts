import { decodeProtectedHeader, type ProtectedHeaderParameters } from 'jose/decode/protected_header'
import { decodeJwt } from 'jose/jwt/decode'
import { unauthenticated } from '../../errors.ts'

/** What a token says before anybody has verified it: enough to know who could. */
export type UnverifiedToken = Readonly<{ header: ProtectedHeaderParameters; issuer: string }>

/**
 * Headers that bring a key or say where one is (RFC 7515, section 4.1): a token does not choose what it
 * is verified with.
 */
const KEYS_OF_ITS_OWN = ['jwk', 'jku', 'x5u', 'x5c'] as const

/** @throws `Unauthenticated` for what is no token, or brings its own key, or wants what we don't know */
export function readToken(token: string): UnverifiedToken {
  const { header, issuer } = decode(token)
  const own = KEYS_OF_ITS_OWN.find((name) => Object.hasOwn(header, name))
  if (own !== undefined) throw unauthenticated(`The token brings a key of its own (${own}).`)
  if (Object.hasOwn(header, 'crit')) {
    throw unauthenticated('The token wants extensions understood that the bridge does not know.')
  }
  if (typeof issuer !== 'string') throw unauthenticated('The token names no issuer (iss).')
  return { header, issuer }
}

function decode(token: string) {
  try {
    return { header: decodeProtectedHeader(token), issuer: decodeJwt(token).iss as unknown }
  } catch {
    // Whatever else it is, it proves nothing.
    throw unauthenticated('The key is unknown, and as a token it can not be read.')
  }
}

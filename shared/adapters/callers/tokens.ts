import { hash } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { Issuer } from '../../domain/access-issuers.ts'
import type { Principal } from '../../domain/principal.ts'
import { unauthenticated } from '../../errors.ts'
import { type FetchKeys, type KeySets, keySets } from './key-sets.ts'
import { readToken } from './read-token.ts'
import { verifyToken } from './verify-token.ts'

/** Finds out whose a token is. */
export interface Tokens {
  /** @throws `Unauthenticated` saying why, `Unavailable` when the issuer's keys can't be had */
  holderOf(token: string, issuers: readonly Issuer[]): Promise<Principal>
}

type Verified = Readonly<{ principal: Principal; terms: string; until: number }>

/** Verifying costs a tenth of a millisecond and more: what was verified is not verified again. */
const MAX_VERIFIED = 10_000
/** But for no longer than this, so that a key which its issuer took back counts no more, ms. */
const VERIFIED_FOR_MS = 300_000

/** Verifies tokens of the issuers it is told, and remembers which it verified, by their digests. */
export function openTokens(fetchKeys: FetchKeys, now: () => Date): Tokens {
  const verified = new LRUCache<string, Verified>({ max: MAX_VERIFIED })
  const sets: KeySets = keySets(fetchKeys, now)

  return {
    async holderOf(token, issuers) {
      const nowMs = now().getTime()
      const digest = hash('sha256', token, 'base64')
      const known = verified.get(digest)
      if (known && nowMs < known.until && termsOf(issuers).has(known.terms)) return known.principal

      const parts = readToken(token)
      const found = byIssuer(issuers).get(parts.issuer)
      if (!found) throw unauthenticated('The token is of an issuer that no admin entered.')
      const { issuer, terms } = found
      const { principal, expiresAt } = await verifyToken(token, parts, issuer, sets, now())
      const until = Math.min(expiresAt, nowMs + VERIFIED_FOR_MS)
      verified.set(digest, { principal, terms, until })
      return principal
    },
  }
}

type Known = Readonly<{ issuer: Issuer; terms: string }>
type Index = Readonly<{ byIssuer: ReadonlyMap<string, Known>; terms: ReadonlySet<string> }>

const indexes = new WeakMap<readonly Issuer[], Index>()
const byIssuer = (issuers: readonly Issuer[]) => indexOf(issuers).byIssuer
const termsOf = (issuers: readonly Issuer[]) => indexOf(issuers).terms

/** Issuers by `iss`, and the terms under which something may have been verified. */
function indexOf(issuers: readonly Issuer[]): Index {
  let index = indexes.get(issuers)
  if (!index) {
    const known = issuers.map((issuer) => ({ issuer, terms: JSON.stringify(issuer) }))
    index = {
      byIssuer: new Map(known.map((one) => [one.issuer.issuer, one])),
      terms: new Set(known.map(({ terms }) => terms)),
    }
    indexes.set(issuers, index)
  }
  return index
}

import { createLocalJWKSet } from 'jose/jwks/local'
import { Failure, unauthenticated } from '../../errors.ts'
import { readKeySet } from './read-key-set.ts'

/** Asks for an issuer's key set. @throws `Failure` */
export type FetchKeys = (url: string) => Promise<string>

/** Public keys of issuers, as jose takes them. */
export interface KeySets {
  /**
   * The keys that lie at a URL, asked for again when they do not hold the key that a token names.
   *
   * @throws `Unauthenticated` when that key is not there, `Unavailable` when no keys can be had
   */
  of(url: string, kid: string | undefined): Promise<ReturnType<typeof createLocalJWKSet>>
}

/** Older ones are asked for again, beside the answer and before it, ms. */
const REFRESH_AFTER_MS = 600_000
const WAIT_AFTER_MS = 900_000
/** While the issuer is away they are still used for so long, ms. */
const MAX_AGE_MS = 3_600_000
/** Between two tries there is at least so long, whatever tokens name, ms. */
const COOL_DOWN_MS = 10_000
/** Sets that are held; the one that was read first goes. */
const MAX_SETS = 100

type Held = {
  keys?: { get: ReturnType<typeof createLocalJWKSet>; kids: ReadonlySet<string>; readAt: number }
  reading?: Promise<void> | undefined
  triedAt: number
  failure?: unknown
}

/** Holds what was read; several tokens at once wait for one read. */
export function keySets(fetchKeys: FetchKeys, now: () => Date): KeySets {
  const byUrl = new Map<string, Held>()

  function heldAt(url: string): Held {
    let held = byUrl.get(url)
    if (!held) {
      held = { triedAt: Number.NEGATIVE_INFINITY }
      if (byUrl.size >= MAX_SETS) byUrl.delete(byUrl.keys().next().value ?? '')
      byUrl.set(url, held)
    }
    return held
  }

  /** Never fails: what went wrong is kept for whoever needs keys and has none. */
  async function read(url: string, held: Held): Promise<void> {
    const at = now().getTime()
    held.triedAt = at
    try {
      const set = readKeySet(await fetchKeys(url))
      const kids = new Set(set.keys.flatMap(({ kid }) => (kid === undefined ? [] : [kid])))
      held.keys = { get: createLocalJWKSet(set), kids, readAt: at }
      held.failure = undefined
    } catch (error) {
      held.failure = error
    } finally {
      held.reading = undefined
    }
  }

  /** Reads unless that was tried just now. A clock put back does not stop it for long. */
  function readOnce(url: string, held: Held): Promise<void> {
    const since = now().getTime() - held.triedAt
    if (!held.reading && (since >= COOL_DOWN_MS || since < 0)) held.reading = read(url, held)
    return held.reading ?? Promise.resolve()
  }

  return {
    async of(url, kid) {
      const held = heldAt(url)
      const age = now().getTime() - (held.keys?.readAt ?? Number.NEGATIVE_INFINITY)
      const refreshed = age >= REFRESH_AFTER_MS ? readOnce(url, held) : undefined
      if (age >= WAIT_AFTER_MS) await refreshed
      if (kid !== undefined && held.keys && !held.keys.kids.has(kid)) await readOnce(url, held)
      const { keys, failure } = held
      if (!keys || now().getTime() - keys.readAt > MAX_AGE_MS) {
        throw new Failure('Unavailable', "The keys of the token's issuer can't be had.", {
          cause: failure,
        })
      }
      if (kid !== undefined && !keys.kids.has(kid)) {
        throw unauthenticated('The token is signed by a key that its issuer does not have.')
      }
      return keys.get
    },
  }
}

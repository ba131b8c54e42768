import type { Credential } from '../principal.ts'

/** The one credential of a request that decides who sent it. */
export type ChosenCredential =
  | Readonly<{ type: 'text'; credential: Exclude<Credential, 'certificate'>; text: string }>
  | Readonly<{ type: 'certificate' }>
  /** Nothing of ours: an `Authorization` of another scheme is the upstream's affair. */
  | Readonly<{ type: 'none' }>
  /** Something that is meant for us and can't be right. */
  | Readonly<{ type: 'unusable'; reason: string }>

type Texts = Readonly<{ authorization: string | undefined; apiKey: string | undefined }>

/** What the keys begin with that the bridge itself makes. */
const KEY_PREFIX = 'omni_'

/**
 * Chooses by form alone, before anything is checked; what is chosen decides, and nothing else is tried
 * when it is no good.
 *
 * 1. An `X-API-Key` in the form of our keys: then `Authorization` is for the upstream.
 * 2. `Authorization: Bearer` (RFC 6750, section 2.1); an `X-API-Key` beside it is one of a usage plan.
 * 3. Any other `X-API-Key`.
 * 4. The client certificate.
 *
 * Keys of ours in both headers are refused, also when they are the same (RFC 6750, section 2: one method
 * per request): the header that is not chosen may go on to an upstream.
 */
export function chooseCredential(
  { authorization, apiKey }: Texts,
  hasCertificate: boolean,
): ChosenCredential {
  // Also behind a comma, where a header came twice.
  const isBearer = authorization !== undefined && /(?:^|, *)bearer(?: |$)/i.test(authorization)
  const bearer = isBearer ? /^bearer +(\S+) *$/i.exec(authorization)?.[1] : undefined
  if (apiKey?.startsWith(KEY_PREFIX)) {
    return bearer?.startsWith(KEY_PREFIX)
      ? { type: 'unusable', reason: 'A key may be sent in one header, not in both.' }
      : { type: 'text', credential: 'x-api-key', text: apiKey }
  }
  if (bearer !== undefined) return { type: 'text', credential: 'authorization', text: bearer }
  if (isBearer) return { type: 'unusable', reason: 'Bearer needs one key or token behind it.' }
  if (apiKey !== undefined) return { type: 'text', credential: 'x-api-key', text: apiKey }
  return { type: hasCertificate ? 'certificate' : 'none' }
}

/** Longer than any token worth reading, characters. */
const MAX_TOKEN_LENGTH = 16_384

/** Whether a text has the form of a signed token (RFC 7515, section 7.1): three parts with dots between. */
export const isTokenLike = (text: string): boolean =>
  text.length <= MAX_TOKEN_LENGTH && /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text)

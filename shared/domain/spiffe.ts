export const SPIFFE = 'spiffe://'

const MAX_LENGTH = 2_048
const TRUST_DOMAIN = /^[a-z0-9._-]{1,255}$/
const SEGMENT = /^(?!\.{1,2}$)[A-Za-z0-9._-]+$/

/**
 * Whether a text is the SPIFFE id of a workload (SPIFFE-ID, section 2): `spiffe://`, a trust domain,
 * and a path of plain segments.
 */
export function isSpiffeId(text: string): boolean {
  if (text.length > MAX_LENGTH || !text.startsWith(SPIFFE)) return false
  const [domain = '', ...segments] = text.slice(SPIFFE.length).split('/')
  return TRUST_DOMAIN.test(domain) && segments.length > 0 && segments.every((s) => SEGMENT.test(s))
}

/** Whether a text ends with `/` and any segment behind it makes a SPIFFE id. */
export const isSpiffePrefix = (text: string): boolean =>
  text.endsWith('/') && isSpiffeId(`${text}x`)

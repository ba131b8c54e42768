/** Where a request came from, as the bridge saw it. */
export type Origin = Readonly<{
  /** IP address of the caller's end. */
  address: string
  scheme: 'http' | 'https'
  /** `Host` as the caller sent it. */
  host: string | undefined
}>

/** One element of `Forwarded` (RFC 7239, section 4). */
export function forwardedElement({ address, scheme, host }: Origin): string {
  const node = address.includes(':') ? `"[${address}]"` : address === '' ? 'unknown' : address
  const named = host === undefined ? '' : `;host=${PLAIN.test(host) ? host : `"${host}"`}`
  return `for=${node}${named};proto=${scheme}`
}

/** A host that needs no quotes: it is a token. `Host` has neither `"` nor `\`, see `readRequestHead`. */
const PLAIN = /^[A-Za-z0-9.-]+$/

import { characterSet, runEnd } from './characters.ts'
import { alphabets } from './rules.ts'
import type { Detector } from './scan.ts'

const base64url = characterSet(alphabets.base64url)
const DOT = 0x2e
/** `{"alg":` and an algorithm's name take more in base64. */
const SHORTEST_HEADER = 10
/** A JWE has five parts. */
const MOST_PARTS = 5

/**
 * A JSON web token in compact form (RFC 7519; JWS with three parts, JWE with five), at the `J` of
 * the `eyJ` that every header starts with. Two parts are enough when the second is JSON too.
 */
export const jwt: Detector = (scan, at) => {
  const { text, done } = scan
  const from = at - 2
  if (from < done || at < scan.noJwtBefore || !text.startsWith('eyJ', from)) return undefined
  const header = runEnd(text, from, base64url)
  // Whether parts follow does not depend on where in this run we started, so nobody need look again.
  scan.noJwtBefore = header
  if (header - from < SHORTEST_HEADER || text.charCodeAt(header) !== DOT) return undefined

  let to = header
  let parts = 1
  while (parts < MOST_PARTS && text.charCodeAt(to) === DOT) {
    const end = runEnd(text, to + 1, base64url)
    // A dot that ends a sentence is no part; the empty key of a direct JWE is one.
    if (end === to + 1 && text.charCodeAt(end) !== DOT) break
    to = end
    parts++
  }
  const whole = parts >= 3 || (parts === 2 && text.startsWith('eyJ', header + 1))
  return whole ? { from, to, kind: 'jwt' } : undefined
}

import { isBlank, isBreak, isDigit, isQuote } from './characters.ts'
import { isMarker } from './marker.ts'
import type { Detector } from './scan.ts'
import { isVariable } from './values.ts'

const AT = 0x40
const COLON = 0x3a
/** A password with an unescaped `/`, `?` or `#` is looked for this far. */
const BROKEN_REACH = 64

/** The password of a URL (`scheme://user:password@host`), at the colon behind the scheme. */
export const urlPassword: Detector = ({ text }, at) => {
  if (!text.startsWith('://', at)) return undefined
  const start = at + 3
  let colon = -1
  let last = -1
  let i = start
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === COLON && colon < 0) colon = i
    else if (code === AT) last = i
    else if (endsAuthority(code)) break
  }
  if (colon < 0) return undefined
  if (last < 0) last = brokenEnd(text, colon, i)
  if (last <= colon + 1) return undefined
  const password = text.slice(colon + 1, last)
  if (isMarker(password) || isVariable(password)) return undefined
  return { from: colon + 1, to: last, kind: 'password' }
}

const SLASH = 0x2f
const endsUrl = (code: number) =>
  isBlank(code) || isBreak(code) || isQuote(code) || code === 0x3c || code === 0x3e || code === 0x5c
const endsAuthority = (code: number) =>
  code === SLASH || code === 0x3f || code === 0x23 || endsUrl(code)

/** What follows the colon is a port, or else a password whose `@` comes after a `/` left unescaped. */
function brokenEnd(text: string, colon: number, authorityEnd: number): number {
  let i = colon + 1
  while (isDigit(text.charCodeAt(i))) i++
  if (i >= authorityEnd) return -1
  for (i = authorityEnd; i < text.length && i - authorityEnd < BROKEN_REACH; i++) {
    const code = text.charCodeAt(i)
    if (code === AT) return i
    if (endsUrl(code)) return -1
  }
  return -1
}

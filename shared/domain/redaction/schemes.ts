import { Buffer } from 'node:buffer'
import { characterSet, isBlank, runEnd } from './characters.ts'
import { alphabets, proseAfterBearer } from './rules.ts'
import type { Detector } from './scan.ts'

const b64token = characterSet(alphabets.b64token)
const prose = new Set([...proseAfterBearer, 'bearer'])
/** Shorter words after `Bearer` are grammar. */
const SHORTEST_BEARER = 6
const SHORTEST_BASIC = 4
/** Enough of `name:password` to find the colon. */
const DECODED = 512

/** Credentials after `Bearer` (RFC 6750) or `Basic` (RFC 7617), at the scheme's first letter. */
export const authScheme: Detector = ({ text }, at) => {
  const second = text.charCodeAt(at + 1) | 0x20
  if (second === 0x65)
    return text.slice(at, at + 6).toLowerCase() === 'bearer' ? bearer(text, at) : undefined
  if (second === 0x61)
    return text.slice(at, at + 5).toLowerCase() === 'basic' ? basic(text, at) : undefined
  return undefined
}

function bearer(text: string, at: number) {
  const from = afterBlanks(text, at + 6)
  if (from === at + 6) return undefined
  const to = runEnd(text, from, b64token)
  if (
    to - from < SHORTEST_BEARER ||
    prose.has(text.slice(from, Math.min(to, from + 32)).toLowerCase())
  ) {
    return undefined
  }
  return { from, to, kind: 'bearer' }
}

function basic(text: string, at: number) {
  const from = afterBlanks(text, at + 5)
  if (from === at + 5) return undefined
  const to = runEnd(text, from, b64token)
  if (
    to - from < SHORTEST_BASIC ||
    !isNameAndPassword(text.slice(from, Math.min(to, from + DECODED)))
  ) {
    return undefined
  }
  return { from, to, kind: 'basic' }
}

/** "Basic usage" is no credential: base64 of `name:password` has a colon among printable characters. */
function isNameAndPassword(base64: string): boolean {
  const decoded = Buffer.from(base64, 'base64').toString('latin1')
  return decoded.includes(':') && /^[\x20-\x7e\x80-\xff]+$/.test(decoded)
}

function afterBlanks(text: string, at: number): number {
  let i = at
  while (isBlank(text.charCodeAt(i))) i++
  return i
}

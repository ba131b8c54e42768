import { characterSet, runEnd } from './characters.ts'
import { alphabets } from './rules.ts'
import type { Detector } from './scan.ts'

const BEGIN = '-----BEGIN '
const END = '-----END '
const DASHES = '-----'
const label = characterSet('ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ')
const LONGEST_LABEL = 64
/** An RSA key of 16384 bits takes 13 KB; an end further off belongs to something else. */
const LONGEST_KEY = 16_384
/** What a key's lines are made of, line breaks written out and quotes of source code included. */
const body = characterSet(`${alphabets.alnum}+/=-:, \t\r\n\\"'`)

/**
 * A private key in PEM (RFC 7468), at its first dash; certificates and public keys stay. One that
 * was cut off goes as far as it looks like a key.
 */
export const privateKey: Detector = (scan, at) => {
  const { text } = scan
  if (text.charCodeAt(at + 1) !== 0x2d || !text.startsWith(BEGIN, at)) return undefined
  const from = at + BEGIN.length
  const labelEnd = runEnd(text, from, label, from + LONGEST_LABEL)
  if (!text.startsWith(DASHES, labelEnd)) return undefined
  if (!text.slice(from, labelEnd).includes('PRIVATE KEY')) return undefined

  const start = labelEnd + DASHES.length
  const end = nextEnd(scan, start)
  if (end - start > LONGEST_KEY || end === text.length) {
    return { from: at, to: runEnd(text, start, body), kind: 'private-key' }
  }
  const endLabel = runEnd(text, end + END.length, label, end + END.length + LONGEST_LABEL)
  const closed = text.startsWith(DASHES, endLabel)
  return { from: at, to: closed ? endLabel + DASHES.length : endLabel, kind: 'private-key' }
}

/** Asked for again and again, it still reads the text only once. */
function nextEnd(scan: Parameters<Detector>[0], from: number): number {
  if (scan.pemEnd < from) {
    const found = scan.text.indexOf(END, from)
    scan.pemEnd = found < 0 ? scan.text.length : found
  }
  return scan.pemEnd
}

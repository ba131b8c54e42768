import { characterSet, isLetter, runEnd } from './characters.ts'
import { alphabets } from './rules.ts'
import type { Detector } from './scan.ts'

/** What a local part is made of in practice (RFC 5321 allows quoted oddities that nobody has). */
const local = characterSet(`${alphabets.alnum}.!#$%&*+/?^_{|}~-`)
const domain = characterSet(`${alphabets.alnum}.-`)
const LONGEST_LOCAL = 64
const LONGEST_DOMAIN = 255

/** An e-mail address, at its `@`. `git@host:path` is an address of another kind and stays. */
export const email: Detector = ({ text, done }, at) => {
  let from = at
  const limit = Math.max(done, at - LONGEST_LOCAL)
  while (from > limit && isLocal(text.charCodeAt(from - 1))) from--
  if (from === at) return undefined
  let to = runEnd(text, at + 1, domain, at + 1 + LONGEST_DOMAIN)
  // A full stop or dash behind the address belongs to the sentence.
  while (to > at && !isLetter(text.charCodeAt(to - 1))) to--
  const host = text.slice(at + 1, to)
  const dot = host.lastIndexOf('.')
  if (dot < 1 || host.length - dot < 3) return undefined
  if (text.slice(from, at) === 'git' && text.charAt(to) === ':') return undefined
  return { from, to, kind: 'email' }
}

const isLocal = (code: number) => code > 127 || local[code] === 1

import { isAlnum, isBlank } from './characters.ts'
import type { NameClassifier } from './names.ts'
import type { Detector, Found } from './scan.ts'
import { secretAt, skipBlanks, worthHiding } from './values.ts'

const DASH = 0x2d
const LONGEST_NAME = 64
/** How far back from `-u` the program it belongs to may stand. */
const COMMAND_REACH = 256
const takesNameAndPassword = /\b(?:curl|wget|http|https|xh)\b/

/** Secrets given to a flag as the next word, at its first dash: `--password x`, `curl -u name:x`. */
export const flags =
  (classify: NameClassifier): Detector =>
  ({ text }, at) => {
    if (text.charCodeAt(at - 1) === DASH) return undefined
    if (text.charCodeAt(at + 1) !== DASH) return short(text, at)
    let end = at + 2
    while (end - at < LONGEST_NAME && isNameCharacter(text.charCodeAt(end))) end++
    const name = text.slice(at + 2, end)
    const value = skipBlanks(text, end)
    if (value === end || text.charCodeAt(value) === DASH) return undefined
    if (name === 'user') return nameAndPassword(text, at, value)
    const nameClass = classify(name)
    if (nameClass !== 'secret' && nameClass !== 'line') return undefined
    const span = secretAt(text, value)
    return span && { ...span, kind: 'key' }
  }

function short(text: string, at: number): Found | undefined {
  if (text.charCodeAt(at + 1) !== 0x75 || !isBlank(text.charCodeAt(at + 2))) return undefined
  return nameAndPassword(text, at, skipBlanks(text, at + 2))
}

/** `name:password` as curl and its like take it; `docker run -u 1000:1000` is nobody's password. */
function nameAndPassword(text: string, at: number, value: number): Found | undefined {
  if (!takesNameAndPassword.test(text.slice(Math.max(0, at - COMMAND_REACH), at))) return undefined
  const span = secretAt(text, value)
  if (!span) return undefined
  const colon = text.slice(span.from, span.to).indexOf(':')
  const password = colon < 0 ? undefined : worthHiding(text, span.from + colon + 1, span.to)
  return password && { ...password, kind: 'password' }
}

const isNameCharacter = (code: number) => isAlnum(code) || code === 0x5f || code === DASH

/** A set of ASCII characters by code. */
export type CharacterSet = Uint8Array

export function characterSet(characters: string): CharacterSet {
  const set = new Uint8Array(128)
  for (const character of characters) set[character.charCodeAt(0)] = 1
  return set
}

/** Where the run of a set's characters that starts at `at` ends, looking no further than `limit`. */
export function runEnd(text: string, at: number, set: CharacterSet, limit = text.length): number {
  const end = Math.min(limit, text.length)
  let i = at
  while (i < end && set[text.charCodeAt(i)] === 1) i++
  return i
}

export const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39
export const isLetter = (code: number): boolean =>
  (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)
export const isAlnum = (code: number): boolean => isDigit(code) || isLetter(code)
export const isBlank = (code: number): boolean => code === 0x20 || code === 0x09
export const isBreak = (code: number): boolean => code === 0x0a || code === 0x0d
export const isQuote = (code: number): boolean => code === 0x22 || code === 0x27 || code === 0x60

export const BACKSLASH = 0x5c

/** Whether `at` is the letter of an escape written out, as `\n` is in JSON inside a string. */
export const isEscapeLetter = (text: string, at: number): boolean =>
  text.charCodeAt(at - 1) === BACKSLASH && 'nrtbf'.includes(text.charAt(at))

/** Whether a word may start at `at`: nothing before it (or before `done`) that it would continue. */
export function startsWord(text: string, at: number, done: number): boolean {
  if (at <= done) return true
  const before = text.charCodeAt(at - 1)
  return !(isAlnum(before) || before === 0x5f) || isEscapeLetter(text, at - 1)
}

/** How many backslashes stand directly before `at`, up to `most`. */
export function slashesBefore(text: string, at: number, most = Number.POSITIVE_INFINITY): number {
  let count = 0
  while (count < most && text.charCodeAt(at - 1 - count) === BACKSLASH) count++
  return count
}

import { BACKSLASH, isBreak, isQuote } from './characters.ts'

/**
 * A quote and the backslashes before it: none in plain text, one where the text is itself inside a
 * JSON string, three inside a string inside a string.
 */
export type Quote = Readonly<{ code: number; slashes: number }>

/** Deeper nesting of strings than anybody writes. */
export const MOST_SLASHES = 15

/** The quote that starts at `at`, and where what it quotes starts. */
export function openingQuote(text: string, at: number): (Quote & { from: number }) | undefined {
  let i = at
  while (text.charCodeAt(i) === BACKSLASH && i - at < MOST_SLASHES) i++
  const code = text.charCodeAt(i)
  return isQuote(code) ? { code, slashes: i - at, from: i + 1 } : undefined
}

/** Whether a quote behind so many backslashes closes a string of this level or is a part of it. */
export const closes = (slashes: number, level: number): boolean =>
  slashes % (2 * (level + 1)) === level

/**
 * Where the quoted text that starts at `from` ends: before its closing quote, or before the end of
 * the line when there is none.
 */
export function quotedEnd(text: string, from: number, { code, slashes }: Quote): number {
  let run = 0
  for (let i = from; i < text.length; i++) {
    const character = text.charCodeAt(i)
    if (character === BACKSLASH) {
      run++
      continue
    }
    if (character === code && closes(run, slashes)) return i - slashes
    if (isBreak(character)) return i
    run = 0
  }
  return text.length
}

/**
 * Where the object or array of embedded JSON that starts at `from` ends: behind its last bracket, or
 * at the end of the text when it was cut off. `slashes` is the level of its quotes.
 */
export function compositeEnd(text: string, from: number, slashes: number): number {
  let depth = 0
  let run = 0
  let quoted = false
  for (let i = from; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) {
      run++
      continue
    }
    if (code === 0x22 && closes(run, slashes)) quoted = !quoted
    // A quote of a shallower level ends the string that the JSON is in.
    else if (code === 0x22 && run < slashes) return i - run
    else if (!quoted && (code === 0x7b || code === 0x5b)) depth++
    else if (!quoted && (code === 0x7d || code === 0x5d) && --depth === 0) return i + 1
    run = 0
  }
  return text.length
}

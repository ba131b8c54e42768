import { BACKSLASH, isBlank, isBreak, isQuote } from './characters.ts'
import { isMarker } from './marker.ts'
import { closes, openingQuote, type Quote, quotedEnd } from './quotes.ts'
import { emptyWords, references, schemeWords } from './rules.ts'

/** A stretch of a text, from the first character to behind the last. */
export type Span = Readonly<{ from: number; to: number }>

const empties = new Set(emptyWords)
const schemes = new Set(schemeWords)
/** Longer ones are none of our words. */
const LONGEST_WORD = 64

export function skipBlanks(text: string, at: number): number {
  let i = at
  while (isBlank(text.charCodeAt(i))) i++
  return i
}

/** The value at `at`, quoted or not, without its quotes; undefined when it holds no secret. */
export function secretAt(text: string, at: number): Span | undefined {
  const quote = openingQuote(text, at) ?? openingQuote(text, afterStringPrefix(text, at))
  if (quote) return worthHiding(text, quote.from, quotedEnd(text, quote.from, quote))
  let to = bareEnd(text, at)
  // "token: Bearer <secret>": the secret is the second word.
  if (to - at < LONGEST_WORD && schemes.has(text.slice(at, to).toLowerCase())) {
    const next = skipBlanks(text, to)
    if (next > to) to = Math.max(to, bareEnd(text, next))
  }
  return worthHiding(text, at, to)
}

/** Python's `f"..."`, `b"..."`: the letters before a quote that belong to it. */
function afterStringPrefix(text: string, at: number): number {
  let i = at
  while (i - at < 2 && 'bfruBFRU'.includes(text.charAt(i))) i++
  return i
}

/** Where a value without quotes ends: at space, a quote, a separator or a bracket it did not open. */
function bareEnd(text: string, at: number): number {
  let depth = 0
  let i = at
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (isBlank(code) || isBreak(code) || isQuote(code)) break
    if (code === BACKSLASH) {
      if (endsAtEscape(text, i)) break
      continue
    }
    const character = text.charAt(i)
    if (',;&|<>'.includes(character)) break
    if ('([{'.includes(character)) depth++
    else if (')]}'.includes(character) && --depth < 0) break
  }
  return i
}

/** A written-out line break or quote ends a value as the real one would. */
const endsAtEscape = (text: string, at: number) => 'nrt"\'`\\'.includes(text.charAt(at + 1) || '?')

/** The quote directly before a header's name, if there is one. */
export type Enclosing = Quote | undefined

/** A header's value: to the end of its line, or of the string that the whole header is in. */
export function lineAt(text: string, at: number, enclosing: Enclosing): Span | undefined {
  let run = 0
  let inParameter = false
  let i = at
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (isBreak(code)) break
    if (code === BACKSLASH) {
      if ('nr'.includes(text.charAt(i + 1) || '?')) break
      run++
      continue
    }
    if (enclosing ? code === enclosing.code && closes(run, enclosing.slashes) : code === 0x22) {
      // Without a quote before it, one ends the line unless it is a parameter's: Digest realm="x".
      const opens: boolean = !enclosing && !inParameter && text.charAt(i - 1 - run) === '='
      if (!opens && !inParameter) {
        i -= run
        break
      }
      inParameter = opens
    }
    run = 0
  }
  return worthHiding(text, at, i)
}

/** A stretch without blanks at its end; undefined when it is empty, says where the secret is, or was redacted. */
export function worthHiding(text: string, from: number, end: number): Span | undefined {
  let to = end
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--
  if (to <= from) return undefined
  const short = text.slice(from, Math.min(to, from + LONGEST_WORD))
  if (to - from <= LONGEST_WORD && (empties.has(short.toLowerCase()) || isMarker(short))) {
    return undefined
  }
  if (references.some((start) => short.startsWith(start))) return undefined
  if (isVariable(short) || isPlaceholder(short)) return undefined
  return { from, to }
}

/** `$NAME`, `${name}`, `%NAME%`; bare names in capitals only, so that `$ecret` is none. */
export const isVariable = (word: string) =>
  /^(?:\$[A-Z_][A-Z0-9_]*|\$\{[\w.]+\}|%[A-Z_][A-Z0-9_]*%)$/.test(word)

/** `<key>`, `Bearer <key>`: a sentence about a secret. */
const isPlaceholder = (words: string) => /^(?:[A-Za-z]+ )?<[\w -]+>/.test(words)

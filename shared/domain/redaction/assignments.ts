import { isAlnum, isBlank, isEscapeLetter, isQuote, slashesBefore } from './characters.ts'
import { marker, markerEnd } from './marker.ts'
import type { NameClass, NameClassifier } from './names.ts'
import { compositeEnd, MOST_SLASHES, openingQuote } from './quotes.ts'
import { schemaTypes } from './rules.ts'
import type { Detector, Found } from './scan.ts'
import { type Enclosing, lineAt, secretAt, skipBlanks } from './values.ts'

/** How far back from an operator its name is looked for. */
const LONGEST_NAME = 64
const MOST_BLANKS = 8
const COLON = 0x3a
const EQUALS = 0x3d
const GREATER = 0x3e

/** The name before an operator: what it says, how it is quoted, and what stands before it. */
type Named = Readonly<{
  nameClass: NameClass
  quote: Enclosing
  before: number
  enclosing: Enclosing
}>

/**
 * Secrets given to a name, at the `:` or `=` between them: `password: x`, `export X_TOKEN=x`,
 * `?access_token=x`, `"secret": "x"` with any number of backslashes, `Cookie: a=b; c=d`, and at the
 * `>` of `<password>x</password>`.
 */
export const assignments =
  (classify: NameClassifier): Detector =>
  ({ text, done }, at) => {
    const operator = text.charCodeAt(at)
    const valueAt = operatorEnd(text, at, operator)
    if (valueAt < 0) return undefined
    const named = nameBefore(text, at, done, classify)
    if (!named || !holdsSecret(named, operator)) return undefined
    if (operator === GREATER) return element(text, valueAt, named.before)

    const from = skipBlanks(text, valueAt)
    // An arrow is a pair in Ruby and PHP when a string follows, else a function's.
    if (operator === EQUALS && text.charCodeAt(at + 1) === GREATER && !openingQuote(text, from)) {
      return undefined
    }
    if (named.nameClass === 'line' && operator === COLON && !openingQuote(text, from)) {
      const line = lineAt(text, from, named.enclosing)
      return line && { ...line, kind: 'key' }
    }
    // The quote that opened before the name closes here: "password: " and nothing in it.
    if (!named.quote && isSame(openingQuote(text, from), named.enclosing)) return undefined
    if (named.quote && operator === COLON) return jsonValue(text, from, named.quote)
    return isBracket(text, from)
      ? bracketed(text, from, from > valueAt)
      : found(secretAt(text, from))
  }

const isBracket = (text: string, at: number) =>
  '{[('.includes(text.charAt(at) || '?') && markerEnd(text, at) < 0

/** `secrets: ["a", "b"]` goes whole; `secret: {` and `open: (x) => y` are code, and read on. */
function bracketed(text: string, from: number, apart: boolean): Found | undefined {
  const quote = openingQuote(text, skipBlanks(text, from + 1))
  if (quote) return { from, to: compositeEnd(text, from, quote.slashes), kind: 'key' }
  return apart ? undefined : found(secretAt(text, from))
}

const found = (span: { from: number; to: number } | undefined): Found | undefined =>
  span && { ...span, kind: 'key' }

const isSame = (quote: Enclosing, other: Enclosing) =>
  quote !== undefined && quote.code === other?.code && quote.slashes === other.slashes

/** An XML element's text; "Bearer <token> goes here" has no end tag behind it. */
function element(text: string, at: number, before: number): Found | undefined {
  if (before !== 0x3c && before !== COLON) return undefined
  const span = secretAt(text, at)
  return span && text.startsWith('</', span.to) ? found(span) : undefined
}

/** Where the value may start, -1 when this is a comparison or a path and assigns nothing. */
function operatorEnd(text: string, at: number, operator: number): number {
  const before = text.charCodeAt(at - 1)
  const after = text.charCodeAt(at + 1)
  if (operator === COLON) {
    if (before === COLON || after === COLON) return -1
    return after === EQUALS ? at + 2 : at + 1
  }
  if (operator === GREATER) return at + 1
  // `!=`, `<=`, and the second sign of `==`.
  if (before === 0x21 || before === 0x3c || before === EQUALS || before === COLON) return -1
  if (after === GREATER) return at + 2
  if (after === EQUALS) return text.charCodeAt(at + 2) === EQUALS ? at + 3 : at + 2
  return at + 1
}

function holdsSecret({ nameClass, before }: Named, operator: number): boolean {
  if (nameClass === 'secret' || nameClass === 'line') return true
  const inQuery = operator === EQUALS && (before === 0x3f || before === 0x26)
  return nameClass === 'query-only' && inQuery
}

/** Reads backwards from an operator, no further than `done`. */
function nameBefore(
  text: string,
  at: number,
  done: number,
  classify: NameClassifier,
): Named | undefined {
  let end = at
  while (end > done && at - end < MOST_BLANKS && isBlank(text.charCodeAt(end - 1))) end--
  // headers['Authorization'] = ...
  if (text.charCodeAt(end - 1) === 0x5d && isQuote(text.charCodeAt(end - 2))) end--
  const quote = quoteBefore(text, end)
  if (quote) end -= 1 + quote.slashes

  let start = end
  const limit = Math.max(done, end - LONGEST_NAME)
  while (start > limit && isNameCharacter(text.charCodeAt(start - 1))) start--
  if (start >= end) return undefined
  let nameClass = classify(text.slice(start, end))
  if (isEscapeLetter(text, start)) {
    // In "\\nCookie: x" written out, the n is no part of the name; in "\\token" the t is.
    const rest = classify(text.slice(start + 1, end))
    if (rest !== 'open') nameClass = rest
  }
  if (nameClass === 'open') return undefined
  return {
    nameClass,
    quote,
    before: start > done ? text.charCodeAt(start - 1) : Number.NaN,
    enclosing: start > done ? quoteBefore(text, start) : undefined,
  }
}

function quoteBefore(text: string, at: number): Enclosing {
  const code = text.charCodeAt(at - 1)
  return isQuote(code) ? { code, slashes: slashesBefore(text, at - 1, MOST_SLASHES) } : undefined
}

const isNameCharacter = (code: number) => isAlnum(code) || code === 0x5f || code === 0x2d

/** A value in JSON inside a string: what is written in its place must be JSON at the same level. */
function jsonValue(text: string, from: number, quote: NonNullable<Enclosing>): Found | undefined {
  const quotes = '\\'.repeat(quote.slashes) + String.fromCharCode(quote.code)
  const instead = quotes + marker('key') + quotes
  const first = text.charAt(from)
  if (first === '{' || first === '[') {
    if (declares(text, from) || /^[{[]\s*[}\]]/.test(text.slice(from, from + 8))) return undefined
    return { from, to: compositeEnd(text, from, quote.slashes), kind: 'key', instead }
  }
  const opening = openingQuote(text, from)
  const span = secretAt(text, from)
  if (!span || opening) return found(span)
  return { ...span, kind: 'key', instead }
}

const declaration = new RegExp(
  `\\s*\\\\*"type\\\\*"\\s*:\\s*\\\\*"(?:${schemaTypes.join('|')})\\\\*"`,
)

/** Whether an object is a JSON Schema that says what a password looks like. */
const declares = (text: string, at: number) =>
  text.slice(at + 1, at + 1 + LONGEST_NAME).search(declaration) === 0

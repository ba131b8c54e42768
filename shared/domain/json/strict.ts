import { type Refusal, refusal } from './failure.ts'
import { findRefusal } from './find-refusal.ts'

/** Containers inside each other that a body may have. */
export const MAX_DEPTH = 64

export type JsonLimits = Readonly<{ maxDepth?: number }>

export type JsonReading = Readonly<{ ok: true; value: unknown; text: string }> | Refusal

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPENERS = [0x5b, 0x7b]
const CLOSERS = [0x5d, 0x7d]

const OTHER = 0
const STRING = 1
const MEMBER = 2
const OPEN = 3
const CLOSE = 4
const outlineOf = new Uint8Array(256)
outlineOf[QUOTE] = STRING
outlineOf[COLON] = MEMBER
for (const code of OPENERS) outlineOf[code] = OPEN
for (const code of CLOSERS) outlineOf[code] = CLOSE

// A BOM is not part of the text: parsers may ignore it (RFC 8259 section 8.1).
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

/**
 * Reads a body as JSON (RFC 8259) within the limits of I-JSON (RFC 7493): UTF-8, no name twice in an
 * object, no half characters, no number that a double can't hold. Also refused: NUL and more than
 * `maxDepth` containers inside each other (default 64).
 *
 * Accepted on purpose: a leading BOM (dropped), any value at the top, decimals with more digits than
 * a double keeps, any finite number written with a fraction or exponent, Unicode noncharacters.
 * `__proto__` becomes an ordinary own property. Time and space are linear in the body's length.
 *
 * @example
 * ```ts
 * const reading = readJson(bytes)
 * if (!reading.ok) return problem(400, reading.pointer, reading.detail)
 * ```
 */
export function readJson(
  bytes: Uint8Array,
  { maxDepth = MAX_DEPTH }: JsonLimits = {},
): JsonReading {
  const text = decoded(bytes)
  if (text === undefined) return refusal('not-utf8', '', 'The body is not UTF-8.')

  // Cheap doubts first; only a body under doubt is read a second time, character by character.
  const members = membersWithin(bytes, maxDepth)
  if (members < 0) return findRefusal(text, maxDepth) ?? refusal('syntax', '', 'This is not JSON.')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // V8's own message quotes the input, which may be a secret.
    return findRefusal(text, maxDepth) ?? refusal('syntax', '', 'This is not JSON.')
  }
  const doubtful = membersOf(value, text.includes('\\u')) !== members
  return (doubtful ? findRefusal(text, maxDepth) : undefined) ?? { ok: true, value, text }
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes)
  } catch {
    return undefined
  }
}

/** How many members the objects of a text have, by its colons outside strings; -1 when too deep. */
function membersWithin(bytes: Uint8Array, maxDepth: number): number {
  let depth = 0
  let members = 0
  const end = bytes.length
  for (let i = 0; i < end; i++) {
    const outline = outlineOf[bytes[i] as number]
    if (outline === OTHER) continue
    if (outline === STRING) {
      i++
      for (let byte = bytes[i]; byte !== QUOTE && byte !== undefined; byte = bytes[++i]) {
        if (byte === BACKSLASH) i++
      }
    } else if (outline === MEMBER) members++
    else if (outline === CLOSE) depth--
    else if (++depth > maxDepth) return -1
  }
  return members
}

/**
 * How many members the objects of a value have: fewer than its text has when a name stood twice.
 * -Infinity when a number or a string (looked at if the text has escapes) needs a second look.
 */
function membersOf(value: unknown, escapes: boolean): number {
  if (typeof value === 'string') return escapes && !storable(value) ? -Infinity : 0
  if (typeof value === 'number') return Math.abs(value) > Number.MAX_SAFE_INTEGER ? -Infinity : 0
  if (typeof value !== 'object' || value === null) return 0
  let members = 0
  if (Array.isArray(value)) {
    for (const item of value) members += membersOf(item, escapes)
    return members
  }
  const object = value as Record<string, unknown>
  for (const name of Object.keys(object)) {
    if (escapes && !storable(name)) return -Infinity
    members += 1 + membersOf(object[name], escapes)
  }
  return members
}

const storable = (text: string) => text.isWellFormed() && !text.includes('\0')

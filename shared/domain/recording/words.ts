/** So much of an event's text is searched, characters. */
const SEARCHED_LENGTH = 1_024

const WORD = /[\p{L}\p{N}\p{M}]+/gu
const ASCII_WORD = /[a-z0-9]+/g
const NOT_ASCII = /[^\0-\x7f]/

/** The different words of a text, lower-case: runs of letters and digits. */
export function wordsOf(text: string): readonly string[] {
  const lower = text.toLowerCase()
  // The Unicode classes cost ten times the ASCII ones.
  return [...new Set(lower.match(NOT_ASCII.test(lower) ? WORD : ASCII_WORD))]
}

/**
 * The text that searching an event looks at: what names it, then the strings within its payload,
 * the keys of objects left out, up to a fixed length.
 */
export function searchedText(names: readonly (string | null)[], json: string | null): string {
  let text = ''
  for (const name of names) if (name) text += `${name} `
  if (json !== null) text += stringsWithin(json, SEARCHED_LENGTH - text.length)
  return text.length > SEARCHED_LENGTH ? text.slice(0, SEARCHED_LENGTH) : text
}

/** The string values of a JSON text, joined by spaces, found without building its objects. */
function stringsWithin(json: string, length: number): string {
  let found = ''
  let at = json.indexOf('"')
  while (at !== -1 && found.length < length) {
    let end = json.indexOf('"', at + 1)
    while (end !== -1 && isEscaped(json, end)) end = json.indexOf('"', end + 1)
    if (end === -1) break
    if (!isKey(json, end + 1)) {
      found += `${unescaped(json.slice(at + 1, Math.min(end, at + 1 + 2 * length)))} `
    }
    at = json.indexOf('"', end + 1)
  }
  return found
}

/** Whether an odd number of backslashes stands before a place. */
function isEscaped(json: string, at: number): boolean {
  let backslashes = 0
  while (json.charCodeAt(at - 1 - backslashes) === 92) backslashes += 1
  return backslashes % 2 === 1
}

function isKey(json: string, at: number): boolean {
  let next = at
  while (json.charCodeAt(next) <= 32) next += 1
  return json.charCodeAt(next) === 58
}

const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|.)/g

/** The escapes of JSON resolved; those that stand for control or quote characters part words. */
function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(ESCAPE, (_, hex: string | undefined) =>
    hex === undefined ? ' ' : String.fromCharCode(Number.parseInt(hex, 16)),
  )
}

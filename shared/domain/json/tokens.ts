const isDigit = (code: number) => code >= 0x30 && code <= 0x39

export const isSpace = (code: number) =>
  code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

/** Where the string that starts at `at` ends (behind its quote), by RFC 8259 section 7; else -1. */
export function stringEnd(text: string, at: number): number {
  if (text[at] !== '"') return -1
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x22) return i + 1
    if (code < 0x20) return -1
    if (code !== 0x5c) continue
    i++
    if (text[i] === 'u') {
      if (!/^[\da-f]{4}$/i.test(text.slice(i + 1, i + 5))) return -1
      i += 4
    } else if (!'"\\/bfnrt'.includes(text[i] ?? '?')) return -1
  }
  return -1
}

/** Where the number that starts at `at` ends, by RFC 8259 section 6; else -1. */
export function numberEnd(text: string, at: number): number {
  let i = text[at] === '-' ? at + 1 : at
  const whole = digitsEnd(text, i)
  if (whole === i || (text[i] === '0' && whole > i + 1)) return -1
  i = whole
  if (text[i] === '.') {
    const fraction = digitsEnd(text, i + 1)
    if (fraction === i + 1) return -1
    i = fraction
  }
  if (text[i] === 'e' || text[i] === 'E') {
    const sign = text[i + 1] === '+' || text[i + 1] === '-' ? 1 : 0
    const exponent = digitsEnd(text, i + 1 + sign)
    if (exponent === i + 1 + sign) return -1
    i = exponent
  }
  return i
}

/** Where `true`, `false` or `null` at `at` ends; else -1. */
export function literalEnd(text: string, at: number): number {
  const literal = ['true', 'false', 'null'].find((word) => text.startsWith(word, at))
  return literal ? at + literal.length : -1
}

function digitsEnd(text: string, at: number): number {
  let i = at
  while (isDigit(text.charCodeAt(i))) i++
  return i
}

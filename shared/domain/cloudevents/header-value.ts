/** Printable ASCII and the space. */
const ALLOWED = /^[\x20-\x7e]*$/

/**
 * An attribute's value from its header (CloudEvents 1.0 HTTP Protocol Binding, 3.1.3.2): quotes are
 * taken off, then percent escapes decoded once. Undefined for characters that had to be escaped and
 * for escapes that are none or not UTF-8.
 */
export function decodeHeaderValue(value: string): string | undefined {
  const trimmed = value.trim()
  if (!ALLOWED.test(trimmed)) return undefined
  const isQuoted = trimmed.length > 1 && trimmed.startsWith('"') && trimmed.endsWith('"')
  const text = isQuoted ? trimmed.slice(1, -1).replace(/\\(.)/g, '$1') : trimmed
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

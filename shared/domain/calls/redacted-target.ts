import type { Redactor } from '../redaction/redactor.ts'

/** A request's target without its secrets. */
export type RedactedTarget = Readonly<{ path: string; query: string; removed: number }>

/** Longer targets are cut: servers refuse them well before. */
const LONGEST = 8_192

/**
 * Path and query of a target without secrets: tokens by their shape, parameters by their name, also
 * where name or value is percent-encoded, and the segment behind one that names a secret
 * (`/reset-token/x`). What is not secret stays as it was, byte for byte.
 */
export function redactTarget(target: string, redactor: Redactor): RedactedTarget {
  const shown = target.slice(0, LONGEST)
  const mark = shown.indexOf('?')
  const path = redactPath(mark < 0 ? shown : shown.slice(0, mark), redactor)
  const query = redactForm(mark < 0 ? '' : shown.slice(mark + 1), redactor)
  return { path: path.text, query: query.text, removed: path.removed + query.removed }
}

/** Names and values as in a query or an HTML form (`application/x-www-form-urlencoded`), likewise. */
export function redactForm(form: string, redactor: Redactor) {
  if (form === '') return { text: form, removed: 0 }
  // The mark in front makes it a URL's query, where further names count.
  const whole = redactor.text(`?${form}`)
  let { removed } = whole
  const parts = whole.text
    .slice(1)
    .split('&')
    .map((part) => {
      const equals = part.indexOf('=')
      if (equals < 0 || !/[%+]/.test(part)) return part
      const name = decoded(part.slice(0, equals))
      const value = decoded(part.slice(equals + 1))
      const again = redactor.text(`?${name}=${value}`)
      const field = redactor.value({ [name]: value })
      if (again.removed + field.removed === 0) return part
      removed += Math.max(again.removed, field.removed)
      return field.removed > 0
        ? `${part.slice(0, equals)}=${(field.value as Record<string, string>)[name] ?? '[redacted:key]'}`
        : again.text.slice(1)
    })
  return { text: removed === 0 ? form : parts.join('&'), removed }
}

function redactPath(path: string, redactor: Redactor) {
  const whole = redactor.text(path)
  let { removed } = whole
  let name = ''
  const segments = whole.text.split('/').map((segment) => {
    const shown = redactSegment(name, segment, redactor)
    name = segment
    removed += shown.removed
    return shown.text
  })
  return { text: segments.join('/'), removed }
}

function redactSegment(name: string, segment: string, redactor: Redactor) {
  const field = redactor.value({ [name]: segment })
  if (field.removed > 0) {
    const text = (field.value as Record<string, string>)[name] ?? '[redacted:key]'
    return { text, removed: 1 }
  }
  const again = segment.includes('%') ? redactor.text(decoded(segment)) : undefined
  return again && again.removed > 0 ? again : { text: segment, removed: 0 }
}

/** Percent-decoded where that is possible; what is not valid stays. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

import type { Redactor } from '../redaction/redactor.ts'
import { redactTarget } from './redacted-target.ts'

/** Headers by lower-case name; a name that came more than once has a list. */
export type HeaderFields = Readonly<Record<string, string | readonly string[]>>

/** The value of a URI each: what is secret in a target is secret there. */
const REFERENCES = new Set(['location', 'content-location', 'referer', 'refresh'])
/** Values of these are credentials, or name a person or the way to one, whatever they look like. */
const CREDENTIALS = new Set(['authorization', 'proxy-authorization', 'cookie', 'set-cookie'])

/** Headers without their secrets, names kept. */
export function redactHeaders(rawHeaders: readonly string[], redactor: Redactor) {
  const fields = new Map<string, string | string[]>()
  let removed = 0
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] as string).toLowerCase()
    const shown = redactHeader(name, rawHeaders[at + 1] as string, redactor)
    removed += shown.removed
    const there = fields.get(name)
    if (there === undefined) fields.set(name, shown.text)
    else if (typeof there === 'string') fields.set(name, [there, shown.text])
    else there.push(shown.text)
  }
  return { headers: Object.fromEntries(fields) as HeaderFields, removed }
}

function redactHeader(name: string, value: string, redactor: Redactor) {
  if (CREDENTIALS.has(name) && value !== '') return { text: '[redacted:key]', removed: 1 }
  const { value: field, removed } = redactor.value({ [name]: value })
  const text = Object.values(field as Record<string, string>)[0] ?? ''
  if (!REFERENCES.has(name)) return { text, removed }
  const { path, query, removed: more } = redactTarget(text, redactor)
  return { text: query === '' ? path : `${path}?${query}`, removed: removed + more }
}

/** The first value of a header, by lower-case name. */
export function headerOf(rawHeaders: readonly string[], name: string): string | undefined {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if ((rawHeaders[at] as string).toLowerCase() === name) return rawHeaders[at + 1]
  }
  return undefined
}

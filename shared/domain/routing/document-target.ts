import { type MessageDocument, TransformProblem } from './transform-message.ts'

/** What of RFC 3986 a path may hold; an expression may have put a caller's words in. */
const PATH = /^\/(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/
/** They lead out of where the rule's author meant. */
const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i
const LONGEST_TARGET = 8_192

/** A query's parameters, decoded; one that is given several times is a list. */
export function readQuery(search: string): Readonly<Record<string, string | readonly string[]>> {
  const params = new URLSearchParams(search)
  const names = [...new Set(params.keys())]
  return Object.fromEntries(
    names.map((name) => {
      const values = params.getAll(name)
      return [name, values.length === 1 ? (values[0] ?? '') : values]
    }),
  )
}

/** Path and query that a document says; a query that it only passed on keeps its bytes. */
export function writeTarget(
  before: string,
  document: MessageDocument,
  now: MessageDocument,
): string {
  const path = 'path' in now ? now.path : document.path
  if (typeof path !== 'string' || !PATH.test(path) || DOT_SEGMENT.test(path)) {
    throw new TransformProblem('its path is none that may be asked for')
  }
  const at = before.indexOf('?')
  const isSame = !('query' in now) || now.query === document.query
  const search = isSame ? (at < 0 ? '' : before.slice(at)) : writeQuery(now.query)
  const target = path + search
  if (target.length > LONGEST_TARGET) throw new TransformProblem('its path and query are too long')
  return target
}

function writeQuery(query: unknown): string {
  if (query === undefined) return ''
  if (typeof query !== 'object' || query === null || Array.isArray(query)) {
    throw new TransformProblem('its query is no object')
  }
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one): [string, string] => [name, textOf(one)]),
  )
  const text = new URLSearchParams(pairs).toString()
  return text === '' ? '' : `?${text}`
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  throw new TransformProblem('a parameter of its query is no text, number or boolean')
}

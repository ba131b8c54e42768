import type { OperationRule } from '../routing/rules.ts'
import { isId } from './words.ts'

/** Deeper paths of nobody's declaring are cut: `/a/b/c/d/e/f/g/h/...`. */
const MOST_SEGMENTS = 8
/** Longer ones are no methods (RFC 9110 registers none above 17 characters). */
const LONGEST_METHOD = 20

/**
 * The declared operation that a request is of. The most specific template wins: the first segment in
 * which two differ decides, a literal before a parameter.
 *
 * @param target path and query behind the service's name, as they came.
 */
export function declaredOperation(
  method: string,
  target: string,
  declared: readonly OperationRule[] | undefined,
): OperationRule | undefined {
  if (declared === undefined || declared.length === 0) return undefined
  const segments = segmentsOf(target)
  return templatesOf(declared).find(
    (template) => template.rule.method === method && matches(template.segments, segments),
  )?.rule
}

/**
 * The operation a request is of, `GET /invoices/{id}`: as declared, else its path with what looks
 * like an id replaced, eight segments of it at most. Ids are what has digits (versions and some words
 * excepted), is long, hexadecimal, escaped or looks random; a verb behind a colon stays (`{id}:cancel`).
 *
 * @param target path and query behind the service's name, as they came.
 */
export function operationOf(
  method: string,
  target: string,
  declared?: readonly OperationRule[],
): string {
  const rule = declaredOperation(method, target, declared)
  if (rule) return nameOf(rule)
  const segments = segmentsOf(target)
  const shown = segments.slice(0, MOST_SEGMENTS).map(generalised)
  const rest = segments.length > MOST_SEGMENTS ? '/...' : ''
  const name = method.length <= LONGEST_METHOD ? method : '{method}'
  return `${name} /${shown.join('/')}${rest}`
}

/** `GET /invoices/{id}` */
export const nameOf = ({ method, path }: Pick<OperationRule, 'method' | 'path'>): string =>
  `${method} ${path}`

type Template = Readonly<{ rule: OperationRule; segments: readonly string[] }>

/** Rules are replaced as a whole and never changed, so that what is made of them can be kept. */
const known = new WeakMap<readonly OperationRule[], readonly Template[]>()

function templatesOf(declared: readonly OperationRule[]): readonly Template[] {
  let templates = known.get(declared)
  if (!templates) {
    templates = declared
      .map((rule) => ({ rule, segments: segmentsOf(rule.path) }))
      .sort((a, b) => bySpecificity(a.segments, b.segments))
    known.set(declared, templates)
  }
  return templates
}

/** A template's segment with a parameter, and the literal behind it: `{id}`, `{id}:cancel`. */
const PARAMETER = /^\{[^{}]*\}(.*)$/

const literalBehind = (segment: string): string | undefined => PARAMETER.exec(segment)?.[1]

/** 0 for a literal, 1 for a parameter with more behind it, 2 for a parameter. */
function generality(segment: string): number {
  const behind = literalBehind(segment)
  return behind === undefined ? 0 : behind === '' ? 2 : 1
}

/** Templates of different lengths match nothing in common; in a total order they still need a place. */
function bySpecificity(a: readonly string[], b: readonly string[]): number {
  if (a.length !== b.length) return a.length - b.length
  for (const [at, segment] of a.entries()) {
    const difference = generality(segment) - generality(b[at] ?? '')
    if (difference !== 0) return difference
  }
  return 0
}

function matches(template: readonly string[], segments: readonly string[]): boolean {
  return (
    template.length === segments.length &&
    template.every((wanted, at) => isOf(wanted, segments[at] ?? ''))
  )
}

function isOf(wanted: string, segment: string): boolean {
  const behind = literalBehind(wanted)
  if (behind === undefined) return wanted === segment
  return segment.length > behind.length && segment.endsWith(behind)
}

function segmentsOf(target: string): readonly string[] {
  const end = target.search(/[?#]/)
  const path = end < 0 ? target : target.slice(0, end)
  return (path.startsWith('/') ? path.slice(1) : path).split('/')
}

function generalised(segment: string): string {
  if (segment === '') return ''
  const colon = segment.lastIndexOf(':')
  if (colon > 0 && !isId(segment.slice(colon + 1))) {
    return `${generalised(segment.slice(0, colon))}${segment.slice(colon)}`
  }
  return isId(segment) ? '{id}' : segment
}

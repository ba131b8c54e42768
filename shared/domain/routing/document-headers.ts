import { HOP_BY_HOP, isFieldValue, isToken } from '../proxy/header-rules.ts'
import { TransformProblem } from './transform-message.ts'

/**
 * Headers that transformations neither see nor set: who calls, how the message is framed, what hops
 * and the bridge say to each other.
 */
const HIDDEN = new Set([
  ...HOP_BY_HOP,
  ...['authorization', 'www-authenticate', 'cookie', 'set-cookie', 'x-api-key'],
  ...['host', 'content-length', 'content-encoding', 'accept-encoding', 'range', 'content-range'],
  ...['expect', 'via', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto'],
  ...['baggage', 'traceparent', 'tracestate', 'x-deadline', 'served-version', 'server-timing'],
])
const BRIDGE = 'x-bridge-'

/** They are said of the bytes, and the bytes are others then. */
const OF_BYTES = new Set([
  'content-length',
  'digest',
  'content-digest',
  'repr-digest',
  'content-md5',
])

const LONGEST_VALUE = 4_096

const isHidden = (name: string): boolean => HIDDEN.has(name) || name.startsWith(BRIDGE)

/** Names in lower case to values, as a transformation sees them. */
export function readHeaders(rawHeaders: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries([...joined(rawHeaders)].filter(([name]) => !isHidden(name)))
}

/** A header's value by its name in lower case. */
export function rawHeader(rawHeaders: readonly string[], name: string): string | undefined {
  return joined(rawHeaders).get(name)
}

/**
 * The headers with those that a transformation sees replaced by what it gave; undefined: as they are.
 *
 * @param newSize bytes of a body that is another now
 * @throws `TransformProblem`
 */
export function writeHeaders(
  rawHeaders: readonly string[],
  given: unknown,
  newSize: number | undefined,
): readonly string[] {
  const before = joined(rawHeaders)
  const wanted = given === undefined ? undefined : accept(given)
  const isKept = (name: string) =>
    newSize !== undefined && OF_BYTES.has(name)
      ? false
      : !wanted || isHidden(name) || wanted.get(name) === before.get(name)
  const kept = pairsOf(rawHeaders).filter(([name]) => isKept(name.toLowerCase()))
  const set = [...(wanted ?? [])].filter(([name, value]) => before.get(name) !== value)
  const size = newSize === undefined ? [] : [['content-length', String(newSize)]]
  return [...kept, ...set, ...size].flat()
}

function accept(given: unknown): ReadonlyMap<string, string> {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new TransformProblem('its headers are no object')
  }
  const headers = new Map<string, string>()
  for (const [key, value] of Object.entries(given)) {
    const name = key.toLowerCase()
    if (!isToken(name) || typeof value !== 'string' || !isValue(value)) {
      throw new TransformProblem('one of its headers is none')
    }
    if (isHidden(name)) throw new TransformProblem(`it may not set the header '${name}'`)
    headers.set(name, value)
  }
  return headers
}

const isValue = (value: string) => value.length <= LONGEST_VALUE && isFieldValue(value)

/** Of several lines of one name the values are joined (RFC 9110, section 5.2). */
function joined(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  for (const [key, value] of pairsOf(rawHeaders)) {
    const name = key.toLowerCase()
    const seen = values.get(name)
    values.set(name, seen === undefined ? value : `${seen}, ${value}`)
  }
  return values
}

function pairsOf(rawHeaders: readonly string[]): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = []
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    pairs.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? ''])
  }
  return pairs
}

import { isId } from '../calls/words.ts'

/** One place where two JSON values differ, without what stands there. */
export type JsonDifference = Readonly<{
  /** JSON pointer (RFC 6901); `*` stands for list items and for names that look like data. */
  pointer: string
  kind: 'added' | 'removed' | 'type' | 'value'
}>

/** Places that are listed at most. */
const MOST_LISTED = 50
const MOST_DEPTH = 32
/** Values that are looked at, in both together. */
const MOST_VISITS = 20_000

/** What a name of a schema looks like; others may be somebody's data. */
const NAME = /^[A-Za-z_$][\w$.-]{0,63}$/

/**
 * How two JSON values differ, each place once: by its names and types, never by its values. Items of
 * lists are compared by their place. Stops at 50 places, 32 levels or 20,000 values.
 */
export function jsonDifferences(before: unknown, after: unknown): readonly JsonDifference[] {
  const found = new Map<string, JsonDifference>()
  let visits = 0

  function add(pointer: string, kind: JsonDifference['kind']): void {
    if (found.size < MOST_LISTED) found.set(`${kind} ${pointer}`, { pointer, kind })
  }

  function compare(a: unknown, b: unknown, pointer: string, depth: number): void {
    visits++
    if (visits > MOST_VISITS || depth > MOST_DEPTH || found.size >= MOST_LISTED) return
    if (a === undefined || b === undefined) {
      if (a !== b) add(pointer, a === undefined ? 'added' : 'removed')
    } else if (typeOf(a) !== typeOf(b)) add(pointer, 'type')
    else if (typeof a === 'object' && a !== null) compareMembers(a, b as object, pointer, depth)
    else if (a !== b) add(pointer, 'value')
  }

  function compareMembers(a: object, b: object, pointer: string, depth: number): void {
    for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const step = Array.isArray(a) ? '*' : stepOf(name)
      compare(ownOf(a, name), ownOf(b, name), `${pointer}/${step}`, depth + 1)
    }
  }

  compare(before, after, '', 0)
  return [...found.values()]
}

const ownOf = (value: object, name: string): unknown =>
  Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined

/** `line2` is a name. */
const stepOf = (name: string): string =>
  NAME.test(name) && !isId(name.replace(/\d{1,2}$/, '')) ? name : '*'

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'list' : typeof value
}

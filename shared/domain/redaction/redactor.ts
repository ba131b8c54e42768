import type { RedactionPolicy } from '../access.ts'
import { isCardNumber } from './cards.ts'
import { isMarker, marker } from './marker.ts'
import { LONGEST_NAME, type NameClass, nameClassifier } from './names.ts'
import { schemaTypes, schemaWords } from './rules.ts'
import { type TextRedactor, textRedactor } from './text.ts'

/** Takes secrets out of what it is given, and counts what it took. */
export type Redactor = Readonly<{
  /**
   * A JSON value without its secrets: the same reference when there were none, otherwise a copy of
   * the changed path that shares the rest.
   */
  value: (value: unknown) => Readonly<{ value: unknown; removed: number }>
  /** A text without its secrets: the same string when there were none. */
  text: TextRedactor
}>

/** What stands deeper is not looked at but removed; strict reading allows 64. */
const MAX_DEPTH = 256
/** Names are few in practice; the bound only keeps a sender of random ones from filling memory. */
const REMEMBERED = 4096
/** A card's number has 13 digits or more. */
const SMALLEST_CARD = 1e12

/** What a place in a value is: ordinary, below a secret's name, or a declaration below one. */
type Place = 'open' | 'secret' | 'schema'

/** What a field's name makes of its value, and the name without secrets of its own. */
type Field = Readonly<{ shown: string; place: Place }>

const types = new Set(schemaTypes)
const schemaVocabulary = new Set(schemaWords)

/**
 * Makes a redactor of the built-in rules (`rules.ts`) and a policy's own. Make it once and keep it.
 *
 * What it removes is replaced by `[redacted:<kind>]`, so structure and place stay. Redacting twice
 * changes nothing and counts 0. Time is linear in the input's length. See docs/reference/redaction.md.
 *
 * @example
 * ```ts
 * const { value, removed } = redactor().value({ user: 'ada', password: 'x' })
 * // { user: 'ada', password: '[redacted:key]' }, 1
 * ```
 */
export function redactor(policy: RedactionPolicy = {}): Redactor {
  const classify = nameClassifier(policy.keys)
  const text = textRedactor(classify, policy)
  const fields = new Map<string, Field>()
  let removed = 0

  const fieldOf = (name: string): Field => {
    const known = fields.get(name)
    if (known) return known
    const shown = text(name).text
    const field = { shown, place: placeFor(classify(shown)) }
    if (shown === name && name.length <= LONGEST_NAME) {
      if (fields.size >= REMEMBERED) fields.clear()
      fields.set(name, field)
    }
    return field
  }

  const scalar = (value: unknown, place: Place): unknown => {
    if (typeof value === 'string') {
      if (place !== 'secret') {
        const redacted = text(value)
        removed += redacted.removed
        return redacted.text
      }
      if (value === '' || isMarker(value)) return value
      removed++
      return marker('key')
    }
    if (typeof value !== 'number') return value
    if (place === 'secret') {
      removed++
      return marker('key')
    }
    if (value < SMALLEST_CARD || !isCardNumber(String(value))) return value
    removed++
    return marker('card')
  }

  const walk = (value: unknown, place: Place, depth: number): unknown => {
    if (typeof value !== 'object' || value === null) return scalar(value, place)
    if (depth > MAX_DEPTH) {
      removed++
      return marker('depth')
    }
    return Array.isArray(value)
      ? walkArray(value, place, depth)
      : walkObject(value as Record<string, unknown>, place, depth)
  }

  const walkArray = (items: readonly unknown[], place: Place, depth: number): unknown => {
    let copy: unknown[] | undefined
    for (let i = 0; i < items.length; i++) {
      const before = items[i]
      const after = walk(before, place, depth + 1)
      if (after === before) continue
      copy ??= [...items]
      copy[i] = after
    }
    return copy ?? items
  }

  const walkObject = (
    members: Record<string, unknown>,
    outer: Place,
    depth: number,
  ): Record<string, unknown> => {
    const place = outer === 'secret' && isSchema(members) ? 'schema' : outer
    let copy: Map<string, unknown> | undefined
    const names = Object.keys(members)
    for (const name of names) {
      const { shown, place: own } = fieldOf(name)
      const before = members[name]
      const below = name === 'value' ? labelled(members) : own
      const after = walk(before, inner(place, name, below), depth + 1)
      if (after === before && shown === name) continue
      copy ??= new Map(names.map((each) => [each, members[each]]))
      copy.set(name, after)
    }
    return copy ? rebuilt(copy) : members
  }

  /** { "name": "DB_PASSWORD", "value": "x" }, as lists of headers and environments are written. */
  const labelled = (members: Record<string, unknown>): Place => {
    const label = members.name ?? members.key
    return typeof label === 'string' ? placeFor(classify(text(label).text)) : 'open'
  }

  /** `fromEntries` defines members instead of assigning them, so `__proto__` stays a member. */
  const rebuilt = (members: Map<string, unknown>): Record<string, unknown> => {
    const taken = new Set(members.keys())
    const numbers = new Map<string, number>()
    const freeName = (name: string) => {
      let free = name
      // Goes on where it stopped, or thousands of equal names would take quadratic time.
      for (let number = numbers.get(name) ?? 2; taken.has(free); number++) {
        free = `(${number}) ${name}`
        numbers.set(name, number + 1)
      }
      taken.add(free)
      return free
    }
    return Object.fromEntries(
      Array.from(members, ([name, value]) => {
        const redacted = text(name)
        removed += redacted.removed
        return [redacted.removed === 0 ? name : freeName(redacted.text), value]
      }),
    )
  }

  return {
    text,
    value(value) {
      removed = 0
      return { value: walk(value, 'open', 0), removed }
    },
  }
}

/** What a member of an object is, by where the object is and what the member's own name says. */
function inner(place: Place, name: string, own: Place): Place {
  if (place === 'schema') return schemaVocabulary.has(name) ? 'open' : 'secret'
  return place === 'secret' ? 'secret' : own
}

const placeFor = (nameClass: NameClass): Place =>
  nameClass === 'open' || nameClass === 'query-only' ? 'open' : 'secret'

const isSchema = ({ type }: Record<string, unknown>) => typeof type === 'string' && types.has(type)

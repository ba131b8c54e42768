/** A place in a JSON document, and the type of value there: `/items/[]/id`, `number`. */
export type Placed = Readonly<{ place: string; type: JsonType }>

export type JsonType = 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object'

/** More places than this teach nothing: the document's keys are data themselves. */
const MOST_PLACES = 200
const MAX_DEPTH = 12
const MAX_LENGTH = 256

/**
 * The shape of a JSON value: each place with the types found there, once. Members of arrays share a
 * place, `[]`; names are written as in JSON pointers (RFC 6901). Undefined for a document of too many.
 */
export function shapeOf(value: unknown): readonly Placed[] | undefined {
  const found = new Map<string, Placed>()
  const visit = (each: unknown, place: string, depth: number): boolean => {
    const type = typeOf(each)
    found.set(`${place} ${type}`, { place, type })
    if (found.size > MOST_PLACES || depth > MAX_DEPTH || place.length > MAX_LENGTH) return false
    if (Array.isArray(each)) return each.every((one) => visit(one, `${place}/[]`, depth + 1))
    if (typeof each !== 'object' || each === null) return true
    return Object.entries(each).every(([name, one]) => {
      const segment = name.replaceAll('~', '~0').replaceAll('/', '~1')
      return visit(one, `${place}/${segment === '[]' ? '~2' : segment}`, depth + 1)
    })
  }
  return visit(value, '', 0) ? [...found.values()] : undefined
}

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value as JsonType
}

/** How often places and types were seen in answers of one version; `''` counts the answers. */
export type LearnedShape = readonly (Placed & Readonly<{ seen: number }>)[]

export type ShapeDifference = Readonly<{
  place: string
  /** Seen from the one to the other version. */
  kind: 'added' | 'removed' | 'type-changed' | 'became-optional' | 'became-required'
  from: readonly JsonType[]
  to: readonly JsonType[]
}>

/** Below this many answers of a version a place that is missing may just not have come yet. */
const LEAST_ANSWERS = 10

/**
 * How the answers of one version differ from another's; undefined until enough of both were seen. A
 * place is optional when its parent comes without it. Below a place that is new or gone nothing more is told.
 */
export function shapeDifferences(
  from: LearnedShape,
  to: LearnedShape,
): readonly ShapeDifference[] | undefined {
  const [one, other] = [placesOf(from), placesOf(to)]
  if (answersOf(one) < LEAST_ANSWERS || answersOf(other) < LEAST_ANSWERS) return undefined
  const places = [...new Set([...one.keys(), ...other.keys()])].sort()
  const differences: ShapeDifference[] = []
  const isTold = (place: string) =>
    differences.some(
      ({ place: above, kind }) =>
        (kind === 'added' || kind === 'removed') && place.startsWith(`${above}/`),
    )
  for (const place of places) {
    const [before, after] = [one.get(place), other.get(place)]
    const types = { from: typesOf(before), to: typesOf(after) }
    const tell = (kind: ShapeDifference['kind']) => differences.push({ place, kind, ...types })
    if (isTold(place)) continue
    if (!before) tell('added')
    else if (!after) tell('removed')
    else if (types.from.join() !== types.to.join()) tell('type-changed')
    else {
      const [was, is] = [isOptional(place, before, one), isOptional(place, after, other)]
      if (!was && is) tell('became-optional')
      if (was && !is) tell('became-required')
    }
  }
  return differences
}

type Place = ReadonlyMap<JsonType, number>

function placesOf(shape: LearnedShape): ReadonlyMap<string, Place> {
  const places = new Map<string, Map<JsonType, number>>()
  for (const { place, type, seen } of shape) {
    const types = places.get(place) ?? new Map()
    types.set(type, seen)
    places.set(place, types)
  }
  return places
}

const answersOf = (places: ReadonlyMap<string, Place>) => timesOf(places.get(''))
const timesOf = (place: Place | undefined) => Math.max(0, ...(place?.values() ?? []))
const typesOf = (place: Place | undefined) => [...(place?.keys() ?? [])].sort()

/** A member of an object that comes in fewer answers than its object does. */
function isOptional(place: string, types: Place, places: ReadonlyMap<string, Place>): boolean {
  const parent = places.get(place.slice(0, place.lastIndexOf('/')))
  const asObject = parent?.get('object') ?? 0
  return [...types.values()].reduce((sum, seen) => sum + seen, 0) < asObject
}

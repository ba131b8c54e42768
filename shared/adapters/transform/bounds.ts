import { TRANSFORMED_BODY_BYTES, TransformProblem } from '../../domain/routing/transform-message.ts'

const MOST_DEPTH = 64

/**
 * Refuses what is larger or deeper than a message may be, before anything is written: texts that an
 * expression doubled over and over take no room until then.
 *
 * @throws `TransformProblem`
 */
export function requireBounded(value: unknown): void {
  if (sizeWithin(value, TRANSFORMED_BODY_BYTES, MOST_DEPTH) < 0) {
    throw new TransformProblem('what it gave is too large or too deep')
  }
}

/** What of a room of so many characters is left once a value stands in it as JSON; below 0: it does not. */
export function sizeWithin(value: unknown, room: number, depth: number): number {
  if (typeof value === 'string') return room - value.length
  if (typeof value !== 'object' || value === null) return room - 1
  let left = room - 2
  for (const [name, item] of Object.entries(value)) {
    if (left < 0 || depth === 0) return -1
    left = sizeWithin(item, Array.isArray(value) ? left : left - name.length, depth - 1)
  }
  return left
}

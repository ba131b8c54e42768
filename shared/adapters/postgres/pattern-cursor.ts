import { Failure } from '../../errors.ts'
import type { Pattern } from '../../ports/learned-patterns.ts'

type Place = Pick<Pattern, 'confidence' | 'id'>

/** Most confident first, ties by id. */
export function byConfidence(a: Place, b: Place): number {
  return b.confidence - a.confidence || (a.id < b.id ? -1 : Number(a.id > b.id))
}

/** A cursor that goes on after a pattern. */
export function toCursor({ confidence, id }: Place): string {
  return Buffer.from(JSON.stringify([confidence, id])).toString('base64url')
}

/**
 * The place a cursor goes on after.
 *
 * @throws `InvalidInput` for a cursor that is not ours.
 */
export function fromCursor(cursor: string): Place {
  try {
    const [confidence, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString())
    if (typeof confidence === 'number' && typeof id === 'string') return { confidence, id }
  } catch {
    // Not what we wrote: refused below.
  }
  throw new Failure('InvalidInput', 'The cursor is not one of ours.', {
    errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
  })
}

import { Failure } from '../../errors.ts'

/** Names and ids of the access schema; both lists are ordered by them. */
const NAME = /^[A-Za-z0-9._-]{1,128}$/

/** A cursor that goes on after `name`. */
export function toCursor(name: string): string {
  return Buffer.from(name).toString('base64url')
}

/**
 * The name a cursor goes on after; '' without one, which every name comes after.
 *
 * @throws `InvalidInput` for a cursor that is not ours.
 */
export function fromCursor(cursor: string | undefined): string {
  if (cursor === undefined) return ''
  const name = Buffer.from(cursor, 'base64url').toString()
  if (NAME.test(name)) return name
  throw new Failure('InvalidInput', 'The cursor is not one of ours.', {
    errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
  })
}

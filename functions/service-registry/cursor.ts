import { Failure } from '#shared/errors.ts'

/** Names of services and ids of instances; what others registered in a Consul may have more. */
const NAME = /^[!-~]{1,255}$/

/** A cursor that goes on after a name. */
export function toCursor(name: string): string {
  return Buffer.from(name).toString('base64url')
}

/** The name a cursor goes on after; '' without one. @throws `InvalidInput` for one that is not ours */
export function fromCursor(cursor: string | undefined): string {
  if (cursor === undefined) return ''
  const name = Buffer.from(cursor, 'base64url').toString()
  if (NAME.test(name)) return name
  throw new Failure('InvalidInput', 'The cursor is not one of ours.', {
    errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
  })
}

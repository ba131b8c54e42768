import { Failure } from '../../errors.ts'

/** Writes where a list goes on, as text that callers hand back unread. */
export function writeCursor(place: readonly [time: number, key: number | string]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url')
}

/**
 * Reads where a list goes on: microseconds, then what parts items of one time.
 *
 * @throws `InvalidInput` for a cursor that is not ours.
 */
export function readCursor<Key extends 'number' | 'string'>(
  cursor: string,
  key: Key,
): readonly [time: number, key: Key extends 'number' ? number : string] {
  const place = parse(Buffer.from(cursor, 'base64url').toString())
  if (Array.isArray(place) && place.length === 2 && Number.isSafeInteger(place[0])) {
    const isKey = key === 'number' ? Number.isSafeInteger(place[1]) : isStorableText(place[1])
    // The check above is what the conditional type says.
    if (isKey) return place as never
  }
  throw new Failure('InvalidInput', 'The cursor is not one of ours.', {
    errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const isStorableText = (value: unknown) => typeof value === 'string' && !value.includes('\0')

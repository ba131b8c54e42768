/** Characters of a pointer that an answer carries at most; names are the sender's to choose. */
const LONGEST = 512

/**
 * The JSON pointer (RFC 6901) to a place. One that would grow past 512 characters ends at the last
 * container that fits, so it always points at something.
 */
export function jsonPointer(path: readonly (string | number)[]): string {
  let pointer = ''
  for (const step of path) {
    const next = `${pointer}/${typeof step === 'number' ? step : escaped(step)}`
    if (next.length > LONGEST) return pointer
    pointer = next
  }
  return pointer
}

// The cut keeps a name of a megabyte from being escaped only to be dropped.
const escaped = (name: string) =>
  name
    .slice(0, LONGEST + 1)
    .toWellFormed()
    .replaceAll('~', '~0')
    .replaceAll('/', '~1')

const OPENING = '[redacted:'
/** Kinds are short; a longer bracket is somebody's text. */
const LONGEST_KIND = 32

/** What stands where a secret stood: `[redacted:jwt]`. */
export const marker = (kind: string): string => `${OPENING}${kind}]`

/** Where the marker that starts at `at` ends; -1 when none starts there. */
export function markerEnd(text: string, at: number): number {
  if (!text.startsWith(OPENING, at)) return -1
  const from = at + OPENING.length
  for (let i = from; i <= from + LONGEST_KIND; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x5d) return i > from ? i + 1 : -1
    const kindCharacter = (code >= 0x61 && code <= 0x7a) || code === 0x2d
    if (!kindCharacter) return -1
  }
  return -1
}

/** Whether a text is a marker and nothing else. */
export const isMarker = (text: string): boolean => markerEnd(text, 0) === text.length

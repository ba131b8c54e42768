/** What a pattern is about: enough to find it again. */
export type PatternKey = Readonly<{
  kind: string
  source: string | null
  /** Operations; an anomaly adds its measure and first hour. */
  parts: readonly string[]
}>

/**
 * The id of a pattern: the same for the same subject, whenever and wherever it is learned. It can be
 * read back, so that no table of ids is needed.
 */
export function patternId({ kind, source, parts }: PatternKey): string {
  const subject = Buffer.from(JSON.stringify([source, ...parts])).toString('base64url')
  return `${kind}.${subject}`
}

/** Reads an id of ours back; undefined for any other text. */
export function readPatternId(id: string): PatternKey | undefined {
  const dot = id.indexOf('.')
  if (dot < 0) return undefined
  try {
    const subject: unknown = JSON.parse(Buffer.from(id.slice(dot + 1), 'base64url').toString())
    if (!Array.isArray(subject)) return undefined
    const [source, ...parts] = subject
    if (source !== null && typeof source !== 'string') return undefined
    if (!parts.every((part) => typeof part === 'string')) return undefined
    const key = { kind: id.slice(0, dot), source, parts }
    return patternId(key) === id ? key : undefined
  } catch {
    // Not what we wrote.
    return undefined
  }
}

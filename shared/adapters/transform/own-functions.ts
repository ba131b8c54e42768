import { TransformProblem } from '../../domain/routing/transform-message.ts'

const LONGEST_PADDING = 10_000

/** `$pad` as JSONata's, with a limit: the padding is made in one step, which nothing interrupts. */
export function pad(text: string | undefined, width: number, char?: string): string | undefined {
  if (text === undefined) return undefined
  if (Math.abs(width) > LONGEST_PADDING) {
    throw new TransformProblem(`$pad goes to ${LONGEST_PADDING} characters at most`)
  }
  const room = Math.max(0, Math.abs(Math.trunc(width)) - [...text].length)
  const padding = [...(char || ' ').repeat(room)].slice(0, room).join('')
  return width > 0 ? text + padding : padding + text
}

/** `$distinct` as JSONata's, which compares each item with each: also a step that nothing interrupts. */
export function distinct(value: unknown): unknown {
  if (!Array.isArray(value) || value.length <= 1) return value
  const seen = new Set<string>()
  const found = value.filter((item) => {
    const text = canonical(item)
    if (seen.has(text)) return false
    seen.add(text)
    return true
  })
  // JSONata's mark of a sequence: one of a single item is that item.
  return 'sequence' in value ? Object.assign(found, { sequence: true }) : found
}

/** The same for values that JSONata takes for equal: objects whatever the order of their members. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const names = Object.keys(value).sort()
  const members = value as Readonly<Record<string, unknown>>
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(members[name])}`).join(',')}}`
}

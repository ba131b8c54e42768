import type { RoutingRules } from './rules.ts'

/** What of rules an operator decides: all but which revision it is and whose. */
export type RulesContent = Omit<RoutingRules, 'revision' | 'changedAt' | 'changedBy'>

/** The rules without what is said of the revision. */
export function contentOf({
  revision,
  changedAt,
  changedBy,
  ...content
}: RoutingRules): RulesContent {
  return content
}

/** Whether two say the same, in whatever order of members. */
export function saysSame(a: RulesContent, b: RulesContent): boolean {
  return canonical(a) === canonical(b)
}

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, item]) => item !== undefined)
    .sort(([x], [y]) => (x < y ? -1 : 1))
  return `{${members.map(([name, item]) => `${JSON.stringify(name)}:${canonical(item)}`).join(',')}}`
}

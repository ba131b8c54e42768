import type { RoutingRules } from './rules.ts'

/** Below these stand words of others, whose names are theirs. */
const OPAQUE = new Set(['request', 'response', 'input', 'output'])

const camelCase = (name: string) =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

const snakeCase = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)

/** Rules as the API writes them (`default_version`), read; the API's schema has accepted them. */
export function readRules(form: unknown): Omit<RoutingRules, 'revision'> {
  return renamed(form, camelCase) as Omit<RoutingRules, 'revision'>
}

/** Rules as the API writes them. */
export function writeRules(
  rules: Omit<RoutingRules, 'revision'>,
): Readonly<Record<string, unknown>> {
  return renamed(rules, snakeCase) as Readonly<Record<string, unknown>>
}

function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      rename(name),
      OPAQUE.has(name) ? item : renamed(item, rename),
    ]),
  )
}

import type { BridgeEvent } from './event.ts'

const PLACEHOLDER = /\{(session|correlation|source|subject|data(?:\.[^{}.]+)+)\}/g
/** Kafka has no limit of its own; a key is compared and hashed for every record. */
const MAX_LENGTH = 256

/**
 * An event's partition key by its source's template; `data` is its payload's JSON value. A
 * placeholder without a value leaves nothing; undefined without a template, or when nothing but the
 * template's own text would be left.
 */
export function partitionKey(
  template: string | undefined,
  { source, attributes }: Pick<BridgeEvent, 'source' | 'attributes'>,
  data: unknown,
): string | undefined {
  if (template === undefined) return undefined
  let found = false
  const key = template.replace(PLACEHOLDER, (_, name: string) => {
    const value = placeholder(name)
    found ||= value !== ''
    return value
  })
  return found ? key.slice(0, MAX_LENGTH).toWellFormed() : undefined

  function placeholder(name: string): string {
    if (name === 'session') return attributes.sessionid ?? ''
    if (name === 'correlation') return attributes.correlationid ?? ''
    if (name === 'source') return source
    if (name === 'subject') return attributes.subject ?? ''
    return textAt(data, name.split('.').slice(1))
  }
}

function textAt(value: unknown, path: readonly string[]): string {
  let at = value
  for (const name of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, name)) return ''
    at = (at as Readonly<Record<string, unknown>>)[name]
  }
  return typeof at === 'string' || typeof at === 'number' || typeof at === 'boolean'
    ? String(at)
    : ''
}

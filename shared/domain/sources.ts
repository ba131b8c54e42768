import type { AccessSnapshot, SourceSettings } from './access.ts'
import { isOwnSource } from './own-sources.ts'

const indexes = new WeakMap<AccessSnapshot, ReadonlyMap<string, SourceSettings>>()

/** The settings of a source by its name. */
export function findSource(snapshot: AccessSnapshot, name: string): SourceSettings | undefined {
  let index = indexes.get(snapshot)
  if (!index) {
    index = new Map(snapshot.sources.map((source) => [source.name, source]))
    indexes.set(snapshot, index)
  }
  return index.get(name)
}

const PLACEHOLDER = /\{(?:session|correlation|source|subject|data(?:\.[^{}.]+)+)\}/g
const SOURCE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** Whether every brace of a partition key template belongs to a placeholder we know. */
export function isKeyTemplate(template: string): boolean {
  return !/[{}]/.test(template.replace(PLACEHOLDER, ''))
}

/** Whether a source may be called so: it stands in paths and becomes the events' `source`. */
export function isSourceName(name: string): boolean {
  return SOURCE_NAME.test(name) && !isOwnSource(name)
}

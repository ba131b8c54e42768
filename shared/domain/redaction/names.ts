import {
  fieldOnlyNames,
  lineNames,
  openNames,
  queryOnlyNames,
  secretEndings,
  secretNames,
} from './rules.ts'

/** What a name says about its value; `line` is a header whose value reaches to the end of the line. */
export type NameClass = 'open' | 'secret' | 'line' | 'field-only' | 'query-only'

/** Tells what a field's, variable's or header's name says about its value. */
export type NameClassifier = (name: string) => NameClass

/** Longer names are no field names, but text that ended up as one. */
export const LONGEST_NAME = 128

const bare = (name: string) => name.toLowerCase().replace(/[-_. ]/g, '')

/** Classifies names by the built-in rules and the names of a policy. */
export function nameClassifier(ownNames: readonly string[] = []): NameClassifier {
  const classes = new Map<string, NameClass>()
  const learn = (names: readonly string[], nameClass: NameClass) => {
    for (const name of names) classes.set(bare(name), nameClass)
  }
  learn(queryOnlyNames, 'query-only')
  learn(fieldOnlyNames, 'field-only')
  learn(openNames, 'open')
  learn(secretNames, 'secret')
  learn(ownNames, 'secret')
  learn(lineNames, 'line')

  // Most names are told from a secret's by their last character alone.
  const lastCharacters = new Set<string>()
  for (const name of [...classes.keys(), ...secretEndings]) lastCharacters.add(name.slice(-1))

  return (name) => {
    if (name.length > LONGEST_NAME) return 'open'
    const last = name.slice(-1).toLowerCase()
    if (!lastCharacters.has(last) && !/[-_. ]/.test(last)) return 'open'
    const plain = bare(name)
    return (
      classes.get(plain) ??
      (secretEndings.some((ending) => plain.endsWith(ending)) ? 'secret' : 'open')
    )
  }
}

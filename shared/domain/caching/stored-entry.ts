import { type Directives, parseCacheControl } from './cache-control.ts'
import { connectionFields, fieldOf, membersOf, withoutFields } from './fields.ts'
import type { CacheRequest, ReceivedAnswer } from './message.ts'

/** For whom an answer is kept: for everybody, or for one caller alone. */
export type Scope = 'shared' | 'private'

/** An answer as it is kept, with what deciding on its use needs. */
export type StoredEntry = Readonly<{
  scope: Scope
  answer: ReceivedAnswer
  directives: Directives
  etag: string | undefined
  lastModified: string | undefined
  /** The request's headers that the answer depends on, with their values then. */
  vary: readonly (readonly [name: string, value: string | undefined])[]
}>

/** An answer made ready to be kept: without what was for one connection. */
export function toEntry(request: CacheRequest, answer: ReceivedAnswer, scope: Scope): StoredEntry {
  const { rawHeaders } = answer
  const named = new Set(membersOf(fieldOf(rawHeaders, 'connection')))
  const kept = withoutFields(rawHeaders, (name) => connectionFields.has(name) || named.has(name))
  return {
    scope,
    answer: { ...answer, rawHeaders: kept },
    directives: parseCacheControl(fieldOf(kept, 'cache-control')),
    etag: fieldOf(kept, 'etag'),
    lastModified: fieldOf(kept, 'last-modified'),
    vary: [...new Set(membersOf(fieldOf(kept, 'vary')))]
      .toSorted()
      .map((name) => [name, normalised(request.headers[name])] as const),
  }
}

/** Whether an entry may answer a request, as far as `Vary` goes (RFC 9111, section 4.1). */
export function isSelectedBy({ vary }: StoredEntry, { headers }: CacheRequest): boolean {
  return vary.every(([name, value]) => name !== '*' && normalised(headers[name]) === value)
}

/** Whether two entries are of one variant: the later takes the place of the other. */
export function isSameVariant(a: StoredEntry, b: StoredEntry): boolean {
  return (
    a.vary.length === b.vary.length &&
    a.vary.every(([name, value], at) => b.vary[at]?.[0] === name && b.vary[at]?.[1] === value)
  )
}

/** Blanks around commas say nothing. */
const normalised = (value: string | undefined) => value?.trim().replace(/\s*,\s*/g, ',')

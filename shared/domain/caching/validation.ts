import { fieldOf, membersOf, withoutFields } from './fields.ts'
import type { CacheRequest, ReceivedAnswer } from './message.ts'
import type { StoredEntry } from './stored-entry.ts'

/** Headers of a conditional request; undefined ones of the caller's are left out. */
export type ConditionalHeaders = Readonly<{
  'if-none-match': string | undefined
  'if-modified-since': string | undefined
}>

/**
 * The conditions under which the upstream need not send an entry again (RFC 9111, section 4.3.1): its
 * entity tag beside the caller's own ones, else its date. Undefined when it has neither.
 */
export function conditionsOf(
  { etag, lastModified }: StoredEntry,
  { headers }: CacheRequest,
): ConditionalHeaders | undefined {
  const own = headers['if-none-match']
  if (etag !== undefined) {
    const tags = own === undefined || matches(own, etag) ? [own ?? etag] : [own, etag]
    return { 'if-none-match': tags.join(', '), 'if-modified-since': undefined }
  }
  if (lastModified === undefined || own !== undefined) return undefined
  return { 'if-none-match': undefined, 'if-modified-since': lastModified }
}

/** Whether the caller has what the entry holds: then 304 will do (section 4.3.2). */
export function isKnownToCaller(
  { answer, etag, lastModified }: StoredEntry,
  { headers }: CacheRequest,
): boolean {
  if (answer.status !== 200) return false
  const tags = headers['if-none-match']
  if (tags !== undefined) return tags.trim() === '*' || (etag !== undefined && matches(tags, etag))
  const since = Date.parse(headers['if-modified-since'] ?? '')
  const modified = Date.parse(lastModified ?? fieldOf(answer.rawHeaders, 'date') ?? '')
  return modified <= since
}

/** Whether a 304 speaks of the entry (section 4.3.4). */
export function concerns(
  notModified: Omit<ReceivedAnswer, 'body'>,
  { etag, lastModified }: StoredEntry,
  { headers }: CacheRequest,
): boolean {
  const newTag = fieldOf(notModified.rawHeaders, 'etag')
  if (newTag !== undefined) return etag !== undefined && matches(newTag, etag)
  const newDate = fieldOf(notModified.rawHeaders, 'last-modified')
  if (newDate !== undefined && lastModified !== undefined) return newDate === lastModified
  // It names nothing: then it can only mean what was asked, which was ours unless the caller asked too.
  return headers['if-none-match'] === undefined && headers['if-modified-since'] === undefined
}

/** Fields that a 304 does not renew: they describe the body that is kept (section 3.2). */
const OF_THE_BODY = new Set([
  ...['content-length', 'content-encoding', 'content-type', 'content-range'],
  ...['content-md5', 'content-digest', 'repr-digest', 'digest'],
])

/** The entry's answer with a 304's fields in the place of its own of those names (section 3.2). */
export function freshened(
  { answer }: StoredEntry,
  notModified: Omit<ReceivedAnswer, 'body'>,
): ReceivedAnswer {
  const added = withoutFields(notModified.rawHeaders, (name) => OF_THE_BODY.has(name))
  const renewed = new Set(added.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()))
  const kept = withoutFields(answer.rawHeaders, (name) => renewed.has(name) || name === 'age')
  const { requestedAt, receivedAt } = notModified
  return { ...answer, rawHeaders: [...kept, ...added], requestedAt, receivedAt }
}

const opaque = (tag: string) => tag.trim().replace(/^W\//, '')

/** By weak comparison (RFC 9110, section 8.8.3.2). */
function matches(tags: string, etag: string): boolean {
  return tagsIn(tags).some((tag) => opaque(tag) === opaque(etag))
}

/** An opaque tag may have commas in it. */
const tagsIn = (list: string): readonly string[] =>
  list.match(/(?:W\/)?"[^"]*"/g) ?? membersOf(list)

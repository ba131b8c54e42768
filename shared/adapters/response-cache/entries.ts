import { LRUCache } from 'lru-cache'
import { privateKey, sharedKey, targetKey } from '../../domain/caching/keys.ts'
import type { CacheRequest } from '../../domain/caching/message.ts'
import { isSameVariant, isSelectedBy, type StoredEntry } from '../../domain/caching/stored-entry.ts'

/** Answers of one key that differ by `Vary`; the oldest goes when there are more. */
const MOST_VARIANTS = 16
/** What an entry takes besides its body, headers and key, bytes. */
const ENTRY_BYTES = 512

/** Only where callers have answers of their own it is looked for them. */
type Modes = Readonly<{ mode: 'off' | 'shared' | 'private' }>

type Variants = Readonly<{ target: string; entries: readonly StoredEntry[] }>

/** Stored answers within a byte limit, the least recently used going first. */
export function cacheEntries(maxBytes: number) {
  /** Keys by target, for what an unsafe request makes invalid. */
  const keysOf = new Map<string, Set<string>>()
  const variants = new LRUCache<string, Variants>({
    maxSize: maxBytes,
    maxEntrySize: maxBytes,
    sizeCalculation: ({ entries }, key) =>
      key.length + entries.reduce((sum, entry) => sum + weightOf(entry), 0),
    dispose({ target }, key, reason) {
      if (reason === 'set') return
      const keys = keysOf.get(target)
      keys?.delete(key)
      if (keys?.size === 0) keysOf.delete(target)
    },
  })

  /** The caller's own answer before one for all; of several the latest. */
  function find(request: CacheRequest, { mode }: Modes): StoredEntry | undefined {
    const keys =
      mode === 'shared' ? [sharedKey(request)] : [privateKey(request), sharedKey(request)]
    for (const key of keys) {
      const entry = variants.get(key)?.entries.find((each) => isSelectedBy(each, request))
      if (entry) return entry
    }
    return undefined
  }

  function put(request: CacheRequest, entry: StoredEntry): boolean {
    const key = entry.scope === 'private' ? privateKey(request) : sharedKey(request)
    const target = targetKey(request.service, request.target)
    const others = (variants.get(key)?.entries ?? []).filter((each) => !isSameVariant(each, entry))
    variants.set(key, { target, entries: [entry, ...others].slice(0, MOST_VARIANTS) })
    if (!variants.has(key)) return false
    const keys = keysOf.get(target)
    if (keys) keys.add(key)
    else keysOf.set(target, new Set([key]))
    return true
  }

  function remove(request: CacheRequest, entry: StoredEntry): void {
    const key = entry.scope === 'private' ? privateKey(request) : sharedKey(request)
    const there = variants.get(key)
    if (!there) return
    const left = there.entries.filter((each) => each !== entry)
    if (left.length === 0) variants.delete(key)
    else variants.set(key, { ...there, entries: left })
  }

  return {
    find,
    put,
    remove,
    /** Whether anything is kept of a target for this request, other variants included. */
    knows: (request: CacheRequest) =>
      variants.has(sharedKey(request)) || variants.has(privateKey(request)),
    removeTarget(target: string) {
      for (const key of [...(keysOf.get(target) ?? [])]) variants.delete(key)
    },
    get size() {
      return { entries: variants.size, bytes: variants.calculatedSize }
    },
  }
}

function weightOf({ answer }: StoredEntry): number {
  const { rawHeaders, body } = answer
  return rawHeaders.reduce((bytes, text) => bytes + text.length, ENTRY_BYTES + body.byteLength)
}

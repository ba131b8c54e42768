/** The largest value that a key may hold, bytes of UTF-8: Consul's `kv_max_value_size`. */
export const VALUE_LIMIT_BYTES = 512 * 1_024
const KEY_LIMIT = 512

/** Segments between slashes begin with a letter or digit: `//`, `.` and `..` lead elsewhere in a URL. */
const KEY = /^[A-Za-z0-9][A-Za-z0-9._~:@-]*(\/[A-Za-z0-9][A-Za-z0-9._~:@-]*)*$/

/** What is wrong with a key; undefined when nothing is. */
export function findKeyProblem(key: string): string | undefined {
  if (key.length <= KEY_LIMIT && KEY.test(key)) return undefined
  return `a key is at most ${KEY_LIMIT} letters, digits and ._~:@- in segments between slashes`
}

/** The beginning of a key; the empty one is that of all. */
export function findPrefixProblem(prefix: string): string | undefined {
  if (prefix === '') return undefined
  return findKeyProblem(prefix.endsWith('/') ? prefix.slice(0, -1) : prefix)
}

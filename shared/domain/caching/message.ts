/** A request as caching sees it. */
export type CacheRequest = Readonly<{
  service: string
  /** The version that answers, after any choice; '' where there is none. */
  version: string
  method: string
  /** Path and query behind the service's name, byte for byte. */
  target: string
  /** By lower-case name, values of one name joined by `, `: what goes to the upstream. */
  headers: Readonly<Record<string, string | undefined>>
  /** Who asks, `<kind>:<id>` of the principal; undefined only where nobody has to prove it. */
  caller: string | undefined
}>

/** An answer as it came from the upstream. Times in ms since the epoch. */
export type ReceivedAnswer = Readonly<{
  status: number
  /** Names and values in turn, as received. */
  rawHeaders: readonly string[]
  body: Uint8Array
  /** When the request was sent. */
  requestedAt: number
  /** When the answer's head was there. */
  receivedAt: number
}>

/** An answer from the cache, ready to be given: `Age` is in it, hop-by-hop headers are not. */
export type StoredAnswer = Readonly<{
  status: number
  rawHeaders: readonly string[]
  /** Empty for HEAD and 304. */
  body: Uint8Array
}>

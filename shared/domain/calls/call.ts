/** A request through the proxy and what became of it; `tools.calls` events are made of it. Times in ms. */
export type Call = Readonly<{
  /** UUIDv7: the event's id too. */
  id: string
  /** The caller's `X-Correlation-ID`, else the trace's id: in request, answer, events and log lines. */
  correlationId: string
  /** The caller's `X-Session-ID`, or the session in its baggage. */
  sessionId?: string
  /** Of the bridge's own span. */
  traceparent: string
  /** ms since the epoch */
  startedAt: number
  service: string
  method: string
  /** Behind the service's name, with the query, as it came. */
  target: string
  /** `GET /invoices/{id}`, see `operationOf`. */
  operation: string
  caller?: Readonly<{ kind: string; id: string; name: string }>
  request: CallMessage
  /** Undefined when the upstream gave none. */
  response?: CallMessage
  /** What the caller got; undefined when it left before. */
  status?: number
  outcome: 'ok' | 'error' | 'cancelled'
  /** Why there is no good answer. */
  fault?: Readonly<{ kind: CallFault; detail: string }>
  timings: CallTimings
  route: CallRoute
}>

/** What a call can fail of; a refusal is ours, a fault the upstream's. */
export type CallFault =
  | 'unauthenticated'
  | 'forbidden'
  | 'rate-limited'
  | 'no-service'
  | 'no-instance'
  | 'no-version'
  | 'circuit-open'
  | 'transform-failed'
  | 'address-refused'
  | 'unresolved'
  | 'unreachable'
  | 'tls'
  | 'reset'
  | 'malformed-response'
  | 'timeout'
  | 'too-large'
  | 'caller-left'

/** One message as it went by: bytes that were kept, and what the whole was. */
export type CallMessage = Readonly<{
  /** Names and values in turn, as received. */
  rawHeaders: readonly string[]
  /** The body's first bytes, up to the capture's limit. */
  kept: Uint8Array
  /** bytes of the whole body */
  bytes: number
  /** SHA-256 of the whole body, hex; undefined when the capture wants none. */
  digest?: string
}>

export type CallTimings = Readonly<{
  dns?: number
  connect?: number
  tls?: number
  /** From the request's sending to the answer's head. */
  firstByte?: number
  /** The upstream's part, all attempts. */
  upstream: number
  total: number
}>

/** One request to one instance. */
export type CallAttempt = Readonly<{
  instance: string
  /** What chose it, in a few words. */
  why?: string
  outcome: string
  ms: number
  hedge?: boolean
}>

/** Where a call went, and why. */
export type CallRoute = Readonly<{
  /** `Accept-Version` as it came. */
  wanted?: string
  version?: string
  instance?: string
  zone?: string
  /** One sentence: what decided. */
  why: string
  /** Of the routing rules; 0 without any. */
  revision: number
  attempts: readonly CallAttempt[]
  cache: 'off' | 'miss' | 'hit' | 'revalidated' | 'stale' | 'shared'
  /** Versions between which the call was transformed, caller's first. */
  transformed?: readonly string[]
  /** Whether the catalog was older than it should be. */
  stale: boolean
}>

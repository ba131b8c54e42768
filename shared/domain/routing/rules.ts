import type { CacheRules } from '../caching/rules.ts'
import type { CaptureRules } from '../calls/capture-rules.ts'
import type { RateLimitRules } from '../limits/rules.ts'
import type { BreakerRules, RetryRules, TimeoutRules } from '../resilience/rules.ts'

/** What operators decided about calls of one service; whatever is left out has its default. */
export type RoutingRules = Readonly<{
  /** Grows with each change: a call names the revision that decided it. */
  revision: number
  /** RFC 3339 */
  changedAt?: string
  /** Who made this revision. */
  changedBy?: string
  /** The rules were taken away: defaults hold, and the revision goes on from here. */
  deleted?: true
  /**
   * Shares of calls by version range, for callers who take more than one of them. A version belongs to
   * the first range that holds it; one of no range gets calls only where none of the others may. A
   * weight of 0 takes all calls away but those that no other version can serve.
   */
  weights?: readonly WeightedRange[]
  /**
   * `session`: a session keeps its version and its instance; `none`: neither. Left out: its version
   * alone.
   */
  stickiness?: 'none' | 'session'
  /** What callers get who ask for no version: a range or `latest`. */
  defaultVersion?: string
  transforms?: readonly TransformStep[]
  deprecations?: readonly Deprecation[]
  operations?: readonly OperationRule[]
  cache?: Partial<CacheRules>
  retry?: Partial<RetryRules>
  timeout?: Partial<TimeoutRules>
  breaker?: Partial<BreakerRules>
  capture?: Partial<CaptureRules>
  rateLimit?: RateLimitRules
  mirror?: MirrorRule
  /** Sends a weight that is worse beyond doubt back to 0. */
  rollback?: RollbackRule
}>

export type WeightedRange = Readonly<{
  /** A SemVer range. */
  range: string
  /** Any non-negative number; shares are relative to the sum. */
  weight: number
}>

/** Turns a request of one version into one of the next, or an answer of the next into one of it. */
export type TransformStep = Readonly<{
  /** SemVer ranges of adjacent versions. */
  from: string
  to: string
  /**
   * Operation it is for, `GET /invoices/{id}`, as `from` names it; left out: all that no other step
   * of the same ranges names. An operation without a step is the same in both versions.
   */
  operation?: string
  request?: Transformation
  response?: Transformation
  examples: readonly TransformExample[]
}>

export type Transformation =
  | Readonly<{ kind: 'jsonata'; expression: string }>
  /** RFC 6902 */
  | Readonly<{ kind: 'json-patch'; operations: readonly Readonly<Record<string, unknown>>[] }>

/** An example that must hold before the rules are taken. */
export type TransformExample = Readonly<{
  direction: 'request' | 'response'
  input: unknown
  output: unknown
}>

export type Deprecation = Readonly<{
  range: string
  /** RFC 3339 */
  deprecatedAt?: string
  sunsetAt?: string
  /** A page about both. */
  link?: string
  /** Where the version that replaces it is found. */
  successor?: string
}>

/** What one operation is and needs. */
export type OperationRule = Readonly<{
  method: string
  /** `/invoices/{id}` */
  path: string
  /** What a caller's roles must grant for it. */
  capability?: string
  /** Whether it may be done twice; left out: as its method (RFC 9110, section 9.2.2). */
  idempotent?: boolean
  timeoutMs?: number
  /** Left out: as the service's. */
  capture?: CaptureRules['mode']
}>

/** A copy of a share of the calls goes to another version; its answers are compared and dropped. */
export type MirrorRule = Readonly<{ range: string; share: number }>

export type RollbackRule = Readonly<{
  /** The canary: a range of `weights`. */
  range: string
  /** How often a version that is as good may be taken for worse, 0..1. */
  falseAlarmRate: number
  /** How often one that is `worseBy` worse may be missed. */
  missRate: number
  /** The difference in failure share that must be found, 0..1. */
  worseBy: number
}>

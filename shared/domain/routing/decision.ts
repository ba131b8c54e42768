import type { ListedInstance } from '../discovery/instance.ts'
import type { TransformPath } from './transform-path.ts'

/** A header that the answer gets; an answer's own of that name stays beside it. */
export type AnswerHeader = readonly [name: string, value: string]

/** Instances of one version that may serve a call. */
export type ServedVersion = Readonly<{
  /** For `Served-Version`, without build metadata: it makes no difference in precedence. */
  version: string
  /** The passing ones; the warning ones where none passes. Never empty. */
  candidates: readonly ListedInstance[]
  /** One sentence: what decided. */
  why: string
  /** To be pinned for hops behind this one: `addVersionPin(baggage, service, pin)`. */
  pin: string
  /** `Served-Version`, and `Deprecation`, `Sunset`, `Link` (RFC 9745, RFC 8594) where declared. */
  headers: readonly AnswerHeader[]
}>

/** A version as it exists, for those who asked for one that does not. */
export type ExistingVersion = Readonly<{
  version: string
  /** Whether an instance of it would take calls. */
  healthy: boolean
}>

export type VersionDecision =
  | (ServedVersion & Readonly<{ type: 'version' }>)
  /** As above, once the request went through `path` and for an answer that comes back through it. */
  | (ServedVersion & Readonly<{ type: 'transformed'; path: TransformPath }>)
  | Readonly<{
      type: 'none'
      /** `no-version`: none satisfies (406); `no-instance`: some do, but none is healthy (503). */
      fault: 'no-version' | 'no-instance'
      wanted: string
      /** Highest first. */
      exist: readonly ExistingVersion[]
      why: string
    }>
  /** `Accept-Version` is no range of versions (400). */
  | Readonly<{ type: 'malformed'; wanted: string; why: string }>

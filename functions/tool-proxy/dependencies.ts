import type { CallMessage } from '#shared/domain/calls/call.ts'
import type { InstanceChooser } from '#shared/domain/resilience/instance-chooser.ts'
import type { MirrorDependencies } from '#shared/domain/routing/mirror-call.ts'
import type { AccessAudit } from '#shared/ports/access-audit.ts'
import type { AccessSnapshots } from '#shared/ports/access-snapshots.ts'
import type { CallCapture } from '#shared/ports/call-capture.ts'
import type { Callers } from '#shared/ports/callers.ts'
import type { Catalog } from '#shared/ports/catalog.ts'
import type { ResponseCache } from '#shared/ports/response-cache.ts'
import type { Transformer } from '#shared/ports/transformer.ts'
import type { Upstream } from '#shared/ports/upstream.ts'
import type { RateLimits } from './rate-limits.ts'

/** Looks at a body as it streams by. */
export type BodyTap = Readonly<{
  add(piece: Uint8Array): void
  seen(): Pick<CallMessage, 'kept' | 'bytes' | 'digest'>
}>

export type ProxyDependencies = Readonly<{
  callers: Callers
  snapshots: AccessSnapshots
  audit: AccessAudit
  catalog: Catalog
  /** Left out: nobody is limited. */
  limits?: RateLimits | undefined
  chooser: InstanceChooser
  upstream: Upstream
  cache: ResponseCache
  transformer: Transformer
  capture: CallCapture
  tap: (maxBytes: number, withDigest: boolean) => BodyTap
  /** Where reports on mirrored calls go. */
  report: MirrorDependencies['report']
  /** Instances of this zone come first; empty: none. */
  zone: string
  /** ms since the epoch */
  nowMs: () => number
  /** 0 (inclusive) to 1 (exclusive) */
  random: () => number
}>

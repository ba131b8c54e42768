import type { ServiceCatalog } from '../catalog/service-catalog.ts'
import type { ListedInstance } from '../discovery/instance.ts'
import { baggageMember } from '../proxy/baggage.ts'
import { candidatesOf } from './choices.ts'
import type { TransformStep } from './rules.ts'
import { shortestPaths, type TransformPath } from './transform-path.ts'
import { planOf } from './version-plan.ts'
import { parseRange } from './version-range.ts'

/** Member of W3C `baggage` that marks a copy: what it leads to is not copied again. */
export const MIRROR_MEMBER = 'omninode-mirror'

/** A copy of a call that is to be sent. */
export type Mirror = Readonly<{
  version: string
  /** Of that version, healthy. */
  candidates: readonly ListedInstance[]
  /** From the version that serves the caller to the mirrored one, where steps lead there. */
  path?: TransformPath
}>

export type MirrorQuestion = Readonly<{
  method: string
  /** As the operation's rule declares it. */
  idempotent?: boolean | undefined
  /** The request's baggage. */
  baggage?: string | undefined
  /** The version that serves the caller. */
  servedVersion: string
  /** 0 (inclusive) to 1 (exclusive). */
  random: number
}>

/** RFC 9110, section 9.2.1; a copy of `TRACE` or `CONNECT` is of no use. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'QUERY'])

/**
 * Whether a copy of a call goes to another version, and to which: a share of the safe ones, and of those
 * that are declared to be idempotent, but never of a copy. Costs nothing without a rule.
 */
export function decideMirror(
  catalog: ServiceCatalog,
  { method, idempotent, baggage, servedVersion, random }: MirrorQuestion,
): Mirror | undefined {
  const rule = catalog.rules?.mirror
  if (!rule || random >= rule.share) return undefined
  if (!SAFE.has(method) && idempotent !== true) return undefined
  if (baggageMember(baggage, MIRROR_MEMBER) !== undefined) return undefined
  const range = parseRange(rule.range)
  const target = planOf(catalog).versions.find(
    (one) => range?.test(one.semver) && candidatesOf(one).length > 0,
  )
  if (!target || target.version === servedVersion) return undefined
  const path = pathBetween(catalog.rules?.transforms ?? [], servedVersion, target.version)
  return {
    version: target.version,
    candidates: candidatesOf(target),
    ...(path ? { path } : {}),
  }
}

/** None where both versions speak the same form: where a range of steps holds both. */
function pathBetween(
  steps: readonly TransformStep[],
  served: string,
  mirrored: string,
): TransformPath | undefined {
  const holds = (range: string, version: string) => !!parseRange(range)?.test(version)
  const ranges = steps.flatMap(({ from, to }) => [from, to])
  if (ranges.some((range) => holds(range, served) && holds(range, mirrored))) return undefined
  return shortestPaths(steps, served, (to) => holds(to, mirrored))[0]
}

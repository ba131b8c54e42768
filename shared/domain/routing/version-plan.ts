import type SemVer from 'semver/classes/semver.js'
import type { ServiceCatalog } from '../catalog/service-catalog.ts'
import type { Health, ListedInstance } from '../discovery/instance.ts'
import type { AnswerHeader } from './decision.ts'
import { deprecationHeaders } from './deprecation-headers.ts'
import type { RoutingRules, WeightedRange } from './rules.ts'
import { parseRange, parseVersion } from './version-range.ts'

/** A version of a service and its instances. */
export type PlannedVersion = Readonly<{
  /** Without build metadata. */
  version: string
  semver: SemVer
  passing: readonly ListedInstance[]
  warning: readonly ListedInstance[]
  /** Of the rule that it falls under; undefined where none names it. */
  weighted: WeightedRange | undefined
  /** `Served-Version`, and what is declared of its end. */
  headers: readonly AnswerHeader[]
}>

/** What a catalog document means for choosing versions. */
export type VersionPlan = Readonly<{
  service: string
  rules: RoutingRules | undefined
  /** Highest first. */
  versions: readonly PlannedVersion[]
  byVersion: ReadonlyMap<string, PlannedVersion>
}>

// A new document is a new object; plans of old ones go with them.
const plans = new WeakMap<ServiceCatalog, VersionPlan>()

/** The plan of a catalog document, made at the first call that needs it. */
export function planOf(catalog: ServiceCatalog): VersionPlan {
  const known = plans.get(catalog)
  if (known) return known
  const plan = makePlan(catalog)
  plans.set(catalog, plan)
  return plan
}

function makePlan({ service, instances, rules }: ServiceCatalog): VersionPlan {
  const groups = new Map<string, { semver: SemVer; instances: ListedInstance[] }>()
  const parsed = new Map<string, SemVer>()
  for (const instance of instances) {
    const semver = parsed.get(instance.version) ?? parseVersion(instance.version)
    parsed.set(instance.version, semver)
    const group = groups.get(semver.version) ?? { semver, instances: [] }
    group.instances.push(instance)
    groups.set(semver.version, group)
  }
  const weightOf = matching(rules?.weights ?? [])
  const endOf = matching(rules?.deprecations ?? [])
  const versions = [...groups.values()]
    .sort((a, b) => b.semver.compare(a.semver))
    .map((group): PlannedVersion => {
      const end = endOf(group.semver)
      const of = (health: Health) => group.instances.filter((one) => one.health === health)
      return {
        version: group.semver.version,
        semver: group.semver,
        passing: of('passing'),
        warning: of('warning'),
        weighted: weightOf(group.semver),
        headers: [
          ['served-version', group.semver.version],
          ...(end ? deprecationHeaders(end) : []),
        ],
      }
    })
  const byVersion = new Map(versions.map((one) => [one.version, one]))
  return { service, rules, versions, byVersion }
}

/** Finds the first rule whose range holds a version. */
function matching<R extends Readonly<{ range: string }>>(rules: readonly R[]) {
  const ranges = rules.map((rule) => ({ rule, range: parseRange(rule.range) }))
  return (version: SemVer): R | undefined => ranges.find(({ range }) => range?.test(version))?.rule
}

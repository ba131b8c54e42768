import { type CacheRules, defaultCacheRules } from '#shared/domain/caching/rules.ts'
import type { LearnedOperation } from '#shared/domain/catalog/learned-operation.ts'
import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import { defaultRetryRules, type RetryRules } from '#shared/domain/resilience/rules.ts'

/** What holds for calls of a service, defaults filled in. */
export type ServiceRules = Readonly<{
  cache: CacheRules
  retry: RetryRules
  learned: ReadonlyMap<string, LearnedOperation>
}>

const known = new WeakMap<ServiceCatalog, ServiceRules>()

/** Worked out once per catalog document: those are replaced, never changed. */
export function serviceRules(catalog: ServiceCatalog): ServiceRules {
  let rules = known.get(catalog)
  if (!rules) {
    rules = {
      cache: { ...defaultCacheRules, ...catalog.rules?.cache },
      retry: { ...defaultRetryRules, ...catalog.rules?.retry },
      learned: new Map(catalog.learned.map((each) => [learnedKey(each), each])),
    }
    known.set(catalog, rules)
  }
  return rules
}

/** Of an operation of a version. */
export const learnedKey = ({
  version,
  operation,
}: Pick<LearnedOperation, 'version' | 'operation'>): string => `${version} ${operation}`

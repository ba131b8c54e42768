import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { Health, ListedInstance } from '#shared/domain/discovery/instance.ts'
import type { RoutingRules } from '#shared/domain/routing/rules.ts'

/** An instance of `billing`, by its version and health. */
export function aListedInstance(
  version: string,
  health: Health = 'passing',
  id = `i-${version}`,
): ListedInstance {
  return {
    ...{ service: 'billing', id, address: '127.0.0.1', port: 80, version, protocol: 'http' },
    ...{ capabilities: [], tags: [], meta: {}, health, reason: '' },
  }
}

/** `billing` with instances written as `1.2.0` or `1.2.0 critical`. */
export function aCatalog(
  instances: readonly string[],
  rules?: Omit<RoutingRules, 'revision'>,
): ServiceCatalog {
  return {
    service: 'billing',
    instances: instances.map((text, at) => {
      const [version = '', health = 'passing'] = text.split(' ')
      return aListedInstance(version, health as Health, `i${at}`)
    }),
    ...(rules ? { rules: { revision: 1, ...rules } } : {}),
    breakers: [],
    learned: [],
  }
}

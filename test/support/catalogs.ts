import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { ListedInstance } from '#shared/domain/discovery/instance.ts'

export function aListedInstance(changes: Partial<ListedInstance> = {}): ListedInstance {
  return {
    ...{ service: 'billing', id: 'one', address: '127.0.0.1', port: 8_080, version: '1.2.3' },
    ...{ protocol: 'http', capabilities: ['invoices:read'], tags: [], meta: {} },
    ...{ health: 'passing', reason: '' },
    ...changes,
  }
}

export function aCatalog(service: string, changes: Partial<ServiceCatalog> = {}): ServiceCatalog {
  const instances = [aListedInstance({ service })]
  return { service, instances, breakers: [], learned: [], ...changes }
}

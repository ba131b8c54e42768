import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { ListedInstance } from '#shared/domain/discovery/instance.ts'

/** The names of so many services. */
export function serviceNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, nr) => `service-${nr}`)
}

/** So many services with so many instances each, which say of themselves what instances do. */
export function someCatalogs(services: number, instances: number): readonly ServiceCatalog[] {
  return serviceNames(services).map((service) => ({
    service,
    instances: Array.from({ length: instances }, (_, nr) => anInstance(service, nr)),
    breakers: [],
    learned: [],
  }))
}

function anInstance(service: string, nr: number): ListedInstance {
  return {
    ...{
      service,
      id: `${service}-${nr}-7f9c`,
      address: `10.0.${nr % 256}.${nr % 251}`,
      port: 8_080,
    },
    ...{ version: `1.${nr % 10}.0`, protocol: 'http', tags: ['blue'] },
    capabilities: ['invoices:read', 'invoices:write', 'invoices:list'],
    meta: { zone: `eu-central-1${'abc'[nr % 3]}`, team: 'billing' },
    ...{ health: 'passing', reason: '' },
  }
}

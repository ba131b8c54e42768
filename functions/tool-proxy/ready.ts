import type { ServiceCatalog } from '#shared/domain/catalog/service-catalog.ts'
import type { Outgoing } from './outgoing.ts'
import type { Plan } from './plan.ts'

/** A call that is ready to be sent: to whom, and what. */
export type Ready = Readonly<{ catalog: ServiceCatalog; plan: Plan; outgoing: Outgoing }>

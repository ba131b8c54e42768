import type { ListedInstance } from '../discovery/instance.ts'
import { type SharedBreaker, WHOLE_SERVICE } from '../resilience/shared-breaker.ts'
import type { RoutingRules } from '../routing/rules.ts'
import type { LearnedOperation } from './learned-operation.ts'

/** Everything that a call of a service needs to know of it, as published. */
export type ServiceCatalog = Readonly<{
  service: string
  /** All instances with their health, by id. */
  instances: readonly ListedInstance[]
  /** What operators decided; undefined where nobody did, and defaults hold. */
  rules?: RoutingRules
  /** Circuits that some environment found broken, and that are not forgotten yet. */
  breakers: readonly SharedBreaker[]
  /** What traffic taught of its operations. */
  learned: readonly LearnedOperation[]
}>

/** Where parts of the catalog lie in the key-value store, each as JSON. */
export const catalogKeys = {
  /** `RoutingRules` */
  rules: (service: string) => `routing/${service}`,
  /** `SharedBreaker`; an instance's id has no slash and no capitals. */
  breaker: (service: string, instance: string) =>
    `breakers/${service}/${instance === WHOLE_SERVICE ? 'SERVICE' : instance}`,
  /** `LearnedOperation[]` */
  learned: (service: string) => `learned/${service}`,
  /** What an instance announced that is too large for the directory: its tools. */
  document: (service: string, instance: string) => `documents/${service}/${instance}`,
} as const

import type { Actions } from '#shared/domain/http/action.ts'
import { type BreakerDependencies, breakerActions } from './breakers.ts'
import { type ListDependencies, listActions } from './list.ts'
import { type RegisterDependencies, registerActions } from './register.ts'
import type { routes } from './schema.ts'

/** Where services announce themselves and are listed. */
export const serviceRegistry = (
  dependencies: ListDependencies & RegisterDependencies & BreakerDependencies,
): Actions<(typeof routes)[number]> => ({
  ...registerActions(dependencies),
  ...listActions(dependencies),
  ...breakerActions(dependencies),
})

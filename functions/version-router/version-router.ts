import type { Actions } from '#shared/domain/http/action.ts'
import { type ResolveDependencies, resolveActions } from './resolve.ts'
import { type RoutingDependencies, routingActions } from './routing.ts'
import type { routes } from './schema.ts'

/** How calls of services are routed between versions: the rules, and what they come to. */
export const versionRouter = (
  dependencies: RoutingDependencies & ResolveDependencies,
): Actions<(typeof routes)[number]> => ({
  ...routingActions(dependencies),
  ...resolveActions(dependencies),
})

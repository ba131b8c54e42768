import type { Route } from './route.ts'

/** What a request's resource and method lead to. */
export type RouteMatch<R extends Route> =
  | Readonly<{ type: 'found'; route: R }>
  | Readonly<{ type: 'wrong-method'; allowed: readonly string[] }>
  | Readonly<{ type: 'unknown' }>

/**
 * Finds a request's route. API Gateway has matched the path already and names its resource, so this
 * is a look-up: `/sources/{source}` as it stands in the route.
 */
export function router<const R extends Route>(
  routes: readonly R[],
): (resource: string, method: string) => RouteMatch<R> {
  const byResource = new Map<string, Map<string, R>>()
  for (const route of routes) {
    const methods = byResource.get(route.path) ?? new Map<string, R>()
    methods.set(route.method, route)
    byResource.set(route.path, methods)
  }
  return (resource, method) => {
    const methods = byResource.get(resource)
    if (!methods) return { type: 'unknown' }
    const route = methods.get(method)
    return route
      ? { type: 'found', route }
      : { type: 'wrong-method', allowed: [...methods.keys()].sort() }
  }
}
